/** `down`: ends what `up` started in this home, however it was left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { endLeftOver } from '../local-stack.js';
import { isAlive, signalProcess } from '../process-identity.js';
import { readOwner } from '../process-registry.js';
import { say } from '../watch-loudly.js';

/** Beyond the trainer's own time to save: worker, server and what is left of either. */
const MARGIN_MS = 90_000;

export const down: Action = async () => {
  const { home, timers } = readSettings(process.env);
  const owner = readOwner(home);
  if (owner !== undefined) {
    say(`ending process ${owner.pid}: trainers save a checkpoint, then worker and server end`);
    signalProcess(owner, 'SIGTERM');
    const limit = Date.now() + timers.stop_grace_ms + MARGIN_MS;
    while (isAlive(owner) && Date.now() < limit) await sleep(100);
    if (isAlive(owner))
      throw new CommandError(
        `process ${owner.pid} still runs after ${(timers.stop_grace_ms + MARGIN_MS) / 1000} s; its logs are in ${home}/logs`,
      );
  }
  // Of an owner that was killed, now or before.
  const left = await endLeftOver(home, say, timers);
  if (owner === undefined && left === 0) say(`nothing runs in ${home}`);
  else process.stdout.write(`${home}: all ended\n`);
  return EXIT.done;
};
