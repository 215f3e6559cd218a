/** `worker`: one worker process in the foreground. */
import { ROLES, type Role } from '../../workers/roles.js';
import { runWorker } from '../../workers/run-worker.js';
import { hint } from '../../core/nearest-name.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { settingsOf } from '../settings.js';

export const worker: Action = async (_args, options) => {
  await runWorker(settingsOf(options), parseRoles(String(options['role'])));
  return EXIT.done;
};

function parseRoles(text: string): readonly Role[] {
  if (text === 'all') return ROLES;
  const found = ROLES.find((role) => role === text);
  if (found === undefined) throw new CommandError(`no role "${text}"; ${hint(text, [...ROLES, 'all'])}`, EXIT.usage);
  return [found];
}
