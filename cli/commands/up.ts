/** `up`: a local server and worker, in the foreground until Ctrl-C, or in the background until `down`. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT, type ExitCode } from '../exit.js';
import { watchInterrupt } from '../interrupt.js';
import { LocalStack } from '../local-stack.js';
import { optionFlag } from '../option-text.js';
import { identityOf, isAlive } from '../process-identity.js';
import { BACKGROUND_VARIABLE, readOwner, readRegistry } from '../process-registry.js';
import { answers, spawnDetached } from '../temporal-server.js';
import { say } from '../watch-loudly.js';

export const up: Action = async (_args, options) => {
  const port = Number(options['port']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError(`--port must be a number from 1 to 65535, not "${String(options['port'])}"`, EXIT.usage);
  const { home } = readSettings(process.env);
  return optionFlag(options, 'detach') ? inBackground(home, port) : inForeground(home, port);
};

async function inForeground(home: string, port: number): Promise<ExitCode> {
  const interrupt = watchInterrupt(() => say('stopping: trainers save a checkpoint, then the server ends'));
  const stack = await LocalStack.start({ home, env: process.env, say, port });
  try {
    process.stdout.write(`${stack.address}\n`);
    say(`Temporal server at ${stack.address}, worker with all roles; Ctrl-C ends both`);
    await aborted(interrupt.signal);
  } finally {
    await stack.stop();
    interrupt.dispose();
  }
  return EXIT.done;
}

/** The same command in a process of its own; this one only waits until it is at work. */
async function inBackground(home: string, port: number): Promise<ExitCode> {
  const before = readOwner(home);
  if (before !== undefined)
    throw new CommandError(`it is up already in ${home} (process ${before.pid}); end it with: stagewright down`);
  mkdirSync(join(home, 'logs'), { recursive: true });
  const log = join(home, 'logs', 'up.log');
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const env = { ...process.env, [BACKGROUND_VARIABLE]: '1' };
  const child = identityOf(spawnDetached(process.execPath, [main, 'up', '--port', String(port)], log, env));
  const address = `127.0.0.1:${port}`;
  for (;;) {
    if (child === undefined || !isAlive(child)) throw new CommandError(`${lastLine(log)}\nits log is ${log}`);
    if (readRegistry(home).some(({ role }) => role === 'worker') && (await answers(address))) break;
    await sleep(200);
  }
  process.stdout.write(`${address}\n`);
  say(`Temporal server at ${address} and a worker with all roles, in the background; end both with: stagewright down`);
  return EXIT.done;
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return 'it ended as soon as it was started';
  }
}

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
