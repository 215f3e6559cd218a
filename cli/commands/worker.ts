/** `worker`: one worker process in the foreground. */
import { ROLES, type Role } from '../../workers/roles.js';
import { runWorker } from '../../workers/run-worker.js';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';

export const worker: Action = async (_args, { role }) => {
  await runWorker(readSettings(process.env), parseRoles(String(role)));
  return EXIT.done;
};

function parseRoles(text: string): readonly Role[] {
  if (text === 'all') return ROLES;
  const found = ROLES.find((role) => role === text);
  if (found === undefined)
    throw new CommandError(`no role "${text}"; choose one of ${ROLES.join(', ')}, all`, EXIT.usage);
  return [found];
}
