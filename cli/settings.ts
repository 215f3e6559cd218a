/** The settings of one command: its connection options, over the environment, over Temporal's configuration file. */
import { readSettings, type Settings } from '../workers/settings.js';
import type { Options } from './commands.js';
import { connectionVariables } from './connection-options.js';
import { CommandError, EXIT } from './exit.js';

/** @throws StagewrightError SettingsMissing, CommandError */
export function settingsOf(options: Options): Settings {
  return readSettings({ ...process.env, ...variables(options) });
}

function variables(options: Options): Record<string, string> {
  try {
    return connectionVariables(options);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), EXIT.usage, { cause: error });
  }
}
