/**
 * One run of a server that the worker starts: begun, waited for until a completion comes out of it, ended with all its children.
 * Whether and when it is started again is served.ts's.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { z } from 'zod';
import { createLineRedactor } from '../core/redact.js';
import { distFile } from '../store/dist-file.js';
import type { Clock } from './clock.js';
import type { ServedConfiguration } from './configuration.js';
import { probe } from './served-probe.js';

export interface ServedProcess {
  /** Resolves with why when it has ended by itself or was stopped. */
  readonly ended: Promise<string>;
  /** SIGTERM, wait, SIGKILL of the group; resolves when nothing of it is left. */
  stop(): Promise<void>;
  /** The last that it wrote, without secrets. */
  log(): string;
}

export interface StartOptions {
  readonly settings: ServedConfiguration;
  readonly port: number;
  /** As the server calls it. */
  readonly model: string;
  /** The worker's, and what a lease adds. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const TAIL_CHARS = 8 * 1024;
const POLL_MS = 200;
const POLL_LIMIT_MS = 5_000;
/** Beyond the ladder: a guard that is frozen is ended too. */
const GUARD_LIMIT_MS = 15_000;
const PROBE_LIMIT_MS = 120_000;
const pidMessage = z.object({ pid: z.int() });

/** @throws Error saying why it is not at work; nothing of it is left then. */
export async function startServed(options: StartOptions): Promise<ServedProcess> {
  await assertFree(options.port);
  const process = launch(options);
  try {
    await ready(process, options);
    return process;
  } catch (error) {
    await process.stop();
    const tail = process.log().trim();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(tail === '' ? why : `${why}. Its last words:\n${lastLines(tail)}`, { cause: error });
  }
}

export const lastLines = (text: string): string => text.split('\n').slice(-8).join('\n');

/** Another server there would answer in its place. */
async function assertFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    throw new Error(`port ${port} cannot be had: ${error instanceof Error ? error.message : String(error)}`);
  });
  server.close();
  await once(server, 'close');
}

/** Any that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('unreachable: a TCP server without a port');
  return address.port;
}

function launch({ settings, port, model, env }: StartOptions): ServedProcess {
  const command = settings.command.map((part) => part.replaceAll('{port}', String(port)).replaceAll('{model}', model));
  const guard: ChildProcess = fork(
    distFile('generators/served-guard.js'),
    [String(settings.stop_seconds * 1000), ...command],
    {
      ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
      env: { ...env, ...settings.env },
      // A debugger's or a test runner's flags are not for it.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
  );
  let tail = '';
  for (const stream of [guard.stdout, guard.stderr]) {
    const redactor = createLineRedactor();
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + redactor.push(text)).slice(-TAIL_CHARS);
    });
    stream?.on('end', () => (tail += redactor.flush()));
  }
  let server: number | null = null;
  guard.on('message', (message) => {
    const parsed = pidMessage.safeParse(message);
    if (parsed.success) server = parsed.data.pid;
  });
  const ended = new Promise<string>((resolve) => {
    guard.once('error', (error) => resolve(`it cannot be started: ${error.message}`));
    // It has seen to the group, unless it was killed itself.
    guard.once('exit', () => server !== null && killGroup(server));
    // Streams too: its last words come with `close`.
    guard.once('close', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  return {
    ended,
    stop: async () => {
      // Not by disconnecting: after that Node tells no `close`.
      if (guard.connected) guard.send('stop', () => undefined);
      const late = setTimeout(() => guard.kill('SIGKILL'), settings.stop_seconds * 1000 + GUARD_LIMIT_MS);
      await ended;
      clearTimeout(late);
    },
    log: () => tail,
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left: as it should be.
  }
}

async function ready(server: ServedProcess, { settings, port, model, clock, signal }: StartOptions): Promise<void> {
  let ended: string | null = null;
  void server.ended.then((why) => (ended = why));
  const origin = `http://127.0.0.1:${port}`;
  const deadline = clock.now() + settings.start_seconds * 1000;
  while (!(await answers(`${origin}${settings.ready_path}`))) {
    signal.throwIfAborted();
    if (ended !== null) throw new Error(ended);
    if (clock.now() > deadline) throw new Error(`${settings.ready_path} is not 200 after ${settings.start_seconds} s`);
    await clock.sleep(POLL_MS, signal);
  }
  // A health page is no completion: what answers 200 while completions hang is not at work.
  const limit = AbortSignal.any([
    signal,
    AbortSignal.timeout(Math.min(PROBE_LIMIT_MS, settings.timeout_seconds * 1000)),
  ]);
  await Promise.race([
    probe(`${origin}${settings.base_path}`, model, settings.max_tokens_name, limit),
    server.ended.then((why) => Promise.reject(new Error(why))),
  ]);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(POLL_LIMIT_MS), redirect: 'error' });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
