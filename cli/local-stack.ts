/**
 * A Temporal server and one worker with all roles on this machine, owned by one process through a home folder: started, adopted
 * after a SIGKILL of the owner, started again when they die, and ended without a trace. `demo` and `up` use it; the kill campaign
 * reads its registry.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connect } from '../client/connection.js';
import { registerSearchAttributes, switchedOff } from '../client/search-attributes.js';
import type { Timers } from '../core/launch.js';
import { readSettings, type Settings } from '../workers/settings.js';
import { CommandError } from './exit.js';
import { findMarked, identityOf, isAlive, signalProcess, type ProcessIdentity } from './process-identity.js';
import {
  readJson,
  readRegistry,
  replaceJson,
  takeHome,
  writeRegistry,
  type ProcessRecord,
  type ProcessRole,
} from './process-registry.js';
import {
  answers,
  awaitServer,
  findFreePort,
  findTemporalCli,
  isPortFree,
  spawnDetached,
  spawnServer,
} from './temporal-server.js';

/** In the environment of every process of a stack, trainers included: its home. */
export const STACK_VARIABLE = 'STAGEWRIGHT_STACK';
const ROLE_VARIABLE = 'STAGEWRIGHT_STACK_ROLE';
/** Set by the runner's starter for a training run's tree (core/launch.ts, marker). */
const RUN_VARIABLE = 'STAGEWRIGHT_RUN';
const SUPERVISE_MS = 1_000;
const RESTART_PAUSE_MS = 1_000;

const rememberedSchema = z.object({ port: z.int() });

export interface StackOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  /** A port that must be had; default: the remembered one if it is free, else any. */
  readonly port?: number;
  /** False when the caller runs the worker itself. */
  readonly worker?: boolean;
}

export class LocalStack {
  private readonly processes = new Map<ProcessRole, ProcessRecord>();
  private supervising: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  private constructor(
    private readonly options: StackOptions,
    private readonly program: string,
    readonly port: number,
    private readonly release: () => void,
  ) {}

  /** @throws CommandError when another process owns the home, it cannot be written, or the port is in use. */
  static async start(options: StackOptions): Promise<LocalStack> {
    const { home, say, env } = options;
    const release = await takeOver(home, say);
    let stack: LocalStack | undefined;
    try {
      const left = leftOver(home);
      for (const worker of left.filter((p) => p.role === 'worker')) {
        say(`ending a worker that was left over (process ${worker.pid}); its trainer goes on`);
        // SIGKILL: a SIGTERM would stop the trainer, which the new worker takes up as it runs.
        await endProcess(worker, 'SIGKILL', 10_000);
      }
      const server = await adoptable(home, left, say);
      stack = new LocalStack(options, await findTemporalCli(env), server?.port ?? (await choosePort(options)), release);
      writeFileSync(configFile(home), `[profile.default]\naddress = "${stack.address}"\nnamespace = "default"\n`);
      if (server === undefined) await stack.startServer();
      else stack.record({ role: 'server', pid: server.pid, start_time: server.start_time });
      await stack.registerSearchAttributes();
      if (options.worker !== false) stack.startWorker();
      stack.supervising = stack.supervise();
      return stack;
    } catch (error) {
      if (stack === undefined) release();
      else await stack.stop();
      throw error;
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get settings(): Settings {
    return readSettings(this.environment());
  }

  /** Worker first (its trainer saves and stops), then the server, then whatever of this stack still lives. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.supervising;
    const { timers } = this.settings;
    const worker = this.processes.get('worker');
    if (worker !== undefined) await endProcess(worker, 'SIGTERM', timers.stop_grace_ms + 30_000);
    await endTree(this.options.home, timers.stop_grace_ms + 10_000);
    const server = this.processes.get('server');
    if (server !== undefined) await endProcess(server, 'SIGTERM', 15_000);
    this.processes.clear();
    this.write();
    rmSync(configFile(this.options.home), { force: true });
    this.release();
  }

  private async startServer(): Promise<void> {
    const { home } = this.options;
    const log = join(home, 'logs', 'server.log');
    const command = { program: this.program, port: this.port, database: join(home, 'temporal.db') };
    const identity = this.started('server', spawnServer(command, log, this.environment('server')), log);
    replaceJson(portFile(home), { port: this.port });
    await awaitServer(this.address, () => isAlive(identity), log);
  }

  /** Before the first run starts: it is only told of those that are there. */
  private async registerSearchAttributes(): Promise<void> {
    const client = await connect(this.settings);
    const off = switchedOff(await registerSearchAttributes(client), this.settings.namespace);
    if (off !== null) this.options.say(off);
    await client.connection.close();
  }

  private startWorker(): void {
    const log = join(this.options.home, 'logs', 'worker.log');
    const main = new URL('main.js', import.meta.url).pathname;
    this.started(
      'worker',
      spawnDetached(process.execPath, [main, 'worker', '--role', 'all'], log, this.environment('worker')),
      log,
    );
  }

  private started(role: ProcessRole, pid: number, log: string): ProcessIdentity {
    const identity = identityOf(pid);
    if (identity === undefined)
      throw new CommandError(`the ${role} ended as soon as it was started; its log is ${log}`);
    this.record({ role, ...identity });
    return identity;
  }

  /** Starts again what died, until `stop`. A restart that fails is tried again. */
  private async supervise(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(SUPERVISE_MS, undefined, { signal }).catch(() => undefined);
      for (const [role, record] of this.processes) {
        if (signal.aborted || isAlive(record)) continue;
        this.options.say(
          `the ${role} (process ${record.pid}) has died; starting it again. Its log: ${join(this.options.home, 'logs', `${role}.log`)}`,
        );
        await sleep(RESTART_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) await this.restart(role);
      }
    }
  }

  private async restart(role: ProcessRole): Promise<void> {
    try {
      if (role === 'server') await this.startServer();
      else this.startWorker();
    } catch (error) {
      this.options.say(error instanceof Error ? error.message : String(error));
    }
  }

  private environment(role?: ProcessRole): NodeJS.ProcessEnv {
    const { home, env } = this.options;
    return {
      // Another server's address, certificates and key are not this one's.
      ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
      TEMPORAL_CONFIG_FILE: configFile(home),
      STAGEWRIGHT_HOME: home,
      STAGEWRIGHT_SHUTDOWN: env['STAGEWRIGHT_SHUTDOWN'] ?? 'stop',
      TEMPORAL_ADDRESS: this.address,
      TEMPORAL_NAMESPACE: 'default',
      [STACK_VARIABLE]: home,
      ...(role === undefined ? {} : { [ROLE_VARIABLE]: role }),
    };
  }

  private record(record: ProcessRecord): void {
    this.processes.set(record.role, record);
    this.write();
  }

  private write(): void {
    writeRegistry(this.options.home, [...this.processes.values()]);
  }
}

/** Everything of the stack that lives: recorded, or found by its environment (it may have died between a start and its record). */
export function leftOver(home: string): ProcessRecord[] {
  const recorded = readRegistry(home);
  const marked = findMarked(STACK_VARIABLE, home)
    .filter((p) => !p.environment.has(RUN_VARIABLE))
    .flatMap(({ pid, start_time, environment }): ProcessRecord[] => {
      const role = environment.get(ROLE_VARIABLE);
      return role === 'server' || role === 'worker' ? [{ role, pid, start_time }] : [];
    });
  return [...new Map([...recorded, ...marked].map((p) => [p.pid, p])).values()];
}

/**
 * Ends what an owner that was killed has left of a stack, in order: worker (its trainer saves and stops), trainers, server.
 * @returns how many processes were left
 * @throws CommandError when an owner is at work
 */
export async function endLeftOver(
  home: string,
  say: (text: string) => void,
  { stop_grace_ms }: Timers,
): Promise<number> {
  const release = await takeOver(home, say);
  try {
    const left = leftOver(home);
    const count = left.length + runningTrainers(home).length;
    for (const worker of left.filter((p) => p.role === 'worker'))
      await endProcess(worker, 'SIGTERM', stop_grace_ms + 30_000);
    await endTree(home, stop_grace_ms + 10_000);
    for (const server of left.filter((p) => p.role === 'server')) await endProcess(server, 'SIGTERM', 15_000);
    writeRegistry(home, []);
    return count;
  } finally {
    release();
  }
}

/** Processes of training runs of this stack: runners and trainers. */
export function runningTrainers(home: string): ProcessIdentity[] {
  return findMarked(STACK_VARIABLE, home).filter((p) => p.environment.has(RUN_VARIABLE));
}

async function takeOver(home: string, say: (text: string) => void): Promise<() => void> {
  for (;;) {
    const taken = takeHome(home);
    if ('release' in taken) return taken.release;
    say(`process ${taken.orphan.pid} was left over without anybody watching it; taking over from it`);
    await endProcess(taken.orphan, 'SIGKILL', 10_000);
  }
}

async function adoptable(
  home: string,
  left: readonly ProcessRecord[],
  say: (text: string) => void,
): Promise<(ProcessRecord & { port: number }) | undefined> {
  const remembered = rememberedSchema.safeParse(readJson(portFile(home)));
  const [server, ...more] = left.filter((p) => p.role === 'server');
  for (const extra of more) await endProcess(extra, 'SIGKILL', 10_000);
  if (server === undefined) return undefined;
  if (remembered.success && (await answers(`127.0.0.1:${remembered.data.port}`))) {
    say(`going on with the Temporal server that was left running (process ${server.pid})`);
    return { ...server, port: remembered.data.port };
  }
  await endProcess(server, 'SIGKILL', 10_000);
  return undefined;
}

async function choosePort({ home, port, say }: StackOptions): Promise<number> {
  if (port !== undefined) {
    if (await isPortFree(port)) return port;
    throw new CommandError(`port ${port} is in use. End what listens there, or choose another with --port.`);
  }
  const remembered = rememberedSchema.safeParse(readJson(portFile(home)));
  if (remembered.success) {
    if (await isPortFree(remembered.data.port)) return remembered.data.port;
    say(`port ${remembered.data.port} of the last time is in use; taking another`);
  }
  return findFreePort();
}

/** `signal`, then SIGKILL after the limit; returns when the process is gone. */
async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  signalProcess(identity, signal);
  for (const limit = Date.now() + limitMs; isAlive(identity) && Date.now() < limit;) await sleep(50);
  for (signalProcess(identity, 'SIGKILL'); isAlive(identity);) await sleep(50);
}

/** What the worker could not stop itself, because it was killed: asked first, so that a checkpoint is saved. */
async function endTree(home: string, limitMs: number): Promise<void> {
  for (const runner of runningTrainers(home)) signalProcess(runner, 'SIGTERM');
  for (const limit = Date.now() + limitMs; runningTrainers(home).length > 0 && Date.now() < limit;) await sleep(100);
  for (let left = runningTrainers(home); left.length > 0; left = runningTrainers(home)) {
    for (const process of left) signalProcess(process, 'SIGKILL');
    await sleep(100);
  }
}

/** For the Temporal CLI (`--config-file`), and so that the stack's own processes read no other. */
const configFile = (home: string): string => join(home, 'temporal.toml');
const portFile = (home: string): string => join(home, 'server.json');
