/** The local Temporal server: where its program is, on which port, with which database. It starts one process and asks it; it supervises nothing. */
import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { CommandError } from './exit.js';
import { ROOT } from './root.js';

/** Seconds until a new database on a loaded machine has been seen to answer: 19. */
const START_LIMIT_MS = 120_000;
/** WAL without a sync at every commit: ten times faster, and safe against kill -9 (reference: temporal-patterns, 7 and 8). */
const PRAGMAS = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];

export interface ServerCommand {
  readonly program: string;
  /** Undefined = in memory. */
  readonly database?: string;
  readonly port: number;
}

/** Path of the Temporal CLI, fetched at need. @throws CommandError that says how to install it. */
export async function findTemporalCli(env: NodeJS.ProcessEnv): Promise<string> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [join(ROOT, 'scripts', 'temporal-cli.mjs')], {
    env,
    extendEnv: false,
    reject: false,
    stderr: ['pipe', 'inherit'],
  });
  if (exitCode !== 0) throw new CommandError(stderr.trim().split('\n').at(-1) ?? 'no Temporal CLI was found');
  return stdout.trim();
}

/** Detached: a Ctrl-C at the terminal must reach it last, through us. @returns its pid */
export function spawnServer(
  { program, database, port }: ServerCommand,
  logFile: string,
  env: NodeJS.ProcessEnv,
): number {
  const where = database === undefined ? [] : ['--db-filename', database];
  const args = [
    'server',
    'start-dev',
    ...where,
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'warn',
    ...PRAGMAS,
  ];
  return spawnDetached(program, database === undefined ? args.slice(0, -PRAGMAS.length) : args, logFile, env);
}

/** Standard streams go to the log file; the child outlives us. @returns its pid */
export function spawnDetached(
  program: string,
  args: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv,
): number {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env });
    child.on('error', () => undefined);
    if (child.pid === undefined) throw new CommandError(`cannot start ${program}`);
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/** Resolves when the server serves its default namespace. @throws CommandError when it ends or takes too long. */
export async function awaitServer(address: string, alive: () => boolean, logFile: string): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit) {
    if (await answers(address)) return;
    if (!alive()) throw new CommandError(`the Temporal server ended while it started; its log is ${logFile}`);
    await sleep(150);
  }
  throw new CommandError(
    `the Temporal server did not answer at ${address} for ${START_LIMIT_MS / 1000} s; its log is ${logFile}`,
  );
}

export async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      const ask = (): Promise<unknown> => connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.withDeadline(Date.now() + 2_000, ask);
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

/** True when nothing listens on it. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
