/** `up`: a local server and worker in the foreground, until Ctrl-C. */
import { resolve } from 'node:path';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { watchInterrupt } from '../interrupt.js';
import { LocalStack } from '../local-stack.js';
import { say } from '../watch-loudly.js';

export const up: Action = async (_args, options) => {
  const port = Number(options['port']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError(`--port must be a number from 1 to 65535, not "${String(options['port'])}"`, EXIT.usage);
  const interrupt = watchInterrupt(() => say('stopping: trainers save a checkpoint, then the server ends'));
  const stack = await LocalStack.start({ home: resolve(readSettings(process.env).home), env: process.env, say, port });
  try {
    process.stdout.write(`${stack.address}\n`);
    say(`Temporal server at ${stack.address}, worker with all roles; Ctrl-C ends both`);
    await aborted(interrupt.signal);
  } finally {
    await stack.stop();
    interrupt.dispose();
  }
  return EXIT.done;
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // An event listener alone does not keep the process.
    const keep = setInterval(() => undefined, 60_000);
    const done = (): void => {
      clearInterval(keep);
      resolve();
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
