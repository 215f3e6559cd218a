/**
 * One run of a data set that models make, over real processes: a Temporal server, a worker, a stand-in for a model's server. They can
 * be killed and are started again; what the server was asked is in its own log. It judges nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isUnanswered } from '../client/connection.js';
import { ROOT } from '../cli/root.js';
import { awaitServer, findFreePort, findTemporalCli } from '../cli/temporal-server.js';
import { controlQueue, dataId } from '../core/ids.js';
import type { PlannedData } from '../core/plan.js';
import type { DataEnd, DataInput } from '../workflows/messages.js';

/** Requests in flight at most, as the worker's file of generators says. */
export const IN_FLIGHT = 32;
const STAND_IN = join(ROOT, 'tests', 'support', 'stand-in-server.mjs');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const PREFIX = 'data-campaign';

export type Part = 'worker' | 'stand-in' | 'server';

export interface DataRunOptions {
  readonly home: string;
  readonly data: PlannedData;
  /** Of captions whose first reply is refused. */
  readonly refuse: number;
}

export class DataRun {
  readonly store: string;
  private readonly children = new Map<Part, ChildProcess>();
  private readonly ports = { server: 0, standIn: 0 };
  private program = '';
  /** Of all workers of the run, in bytes. */
  peakMemory = 0;
  private watching: NodeJS.Timeout | undefined;

  constructor(private readonly options: DataRunOptions) {
    this.store = join(options.home, 'store');
    mkdirSync(options.home, { recursive: true });
  }

  get log(): string {
    return join(this.options.home, 'requests.log');
  }
  private get address(): string {
    return `127.0.0.1:${this.ports.server}`;
  }

  async start(): Promise<void> {
    this.program = await findTemporalCli(process.env);
    this.ports.server = await findFreePort();
    this.ports.standIn = await findFreePort();
    writeFileSync(
      join(this.options.home, 'generators.yaml'),
      ['writer', 'blind', 'reader']
        .map((name) =>
          [
            `  ${name}:`,
            `    base_url: http://127.0.0.1:${this.ports.standIn}/v1`,
            `    price: { currency: EUR, prompt_million: 1, completion_million: 2 }`,
            `    limits: { concurrency: ${IN_FLIGHT} }`,
            `    back_off: { first_seconds: 0.1, most_seconds: 2 }`,
            '',
          ].join('\n'),
        )
        .reduce((text, entry) => text + entry, 'generators:\n'),
    );
    await this.begin('server');
    await this.begin('stand-in');
    await this.begin('worker');
    this.watching = setInterval(() => this.look(), 250);
  }

  async begin(part: Part): Promise<void> {
    const { home, refuse } = this.options;
    const out = openSync(join(home, `${part}.log`), 'a');
    const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
      spawn(program, args, { stdio: ['ignore', out, out], env: { ...process.env, ...env } });
    switch (part) {
      case 'server': {
        const child = run(this.program, [
          ...['server', 'start-dev', '--db-filename', join(home, 'temporal.db'), '--headless', '--ip', '127.0.0.1'],
          ...['--port', String(this.ports.server), '--log-level', 'error'],
          ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
        ]);
        this.children.set(part, child);
        await awaitServer(
          this.address,
          () => child.exitCode === null && child.signalCode === null,
          join(home, 'server.log'),
        );
        break;
      }
      case 'stand-in':
        this.children.set(
          part,
          run(process.execPath, [
            ...[STAND_IN, '--log', this.log, '--port', String(this.ports.standIn)],
            ...['--latency-ms', '5', '--refuse', String(refuse)],
          ]),
        );
        break;
      case 'worker':
        this.children.set(
          part,
          run(process.execPath, [MAIN, 'worker', '--role', 'all'], {
            STAGEWRIGHT_STORE: this.store,
            STAGEWRIGHT_HOST: 'campaign',
            STAGEWRIGHT_HOST_DIR: join(home, 'host'),
            STAGEWRIGHT_QUEUE_PREFIX: PREFIX,
            STAGEWRIGHT_GENERATORS: join(home, 'generators.yaml'),
            STAGEWRIGHT_LOG_LEVEL: 'warn',
            TEMPORAL_ADDRESS: this.address,
          }),
        );
        break;
    }
  }

  /** Resolves when it is gone. */
  async kill(part: Part): Promise<void> {
    const child = this.children.get(part);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.look();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Starts the making of the set, or waits for the one that is under way. */
  async make(): Promise<DataEnd> {
    const { data } = this.options;
    const input: DataInput = { data, queuePrefix: PREFIX, ask: false };
    for (;;) {
      try {
        const connection = await Connection.connect({ address: this.address });
        try {
          const handle = await new Client({ connection }).workflow.start('dataWorkflow', {
            workflowId: dataId(data.key),
            taskQueue: controlQueue(PREFIX),
            args: [input],
            workflowIdConflictPolicy: 'USE_EXISTING',
          });
          return (await handle.result()) as DataEnd;
        } finally {
          await connection.close();
        }
      } catch (error) {
        // The server was killed: it is asked again.
        if (!isUnanswered(error)) throw error;
        await sleep(200);
      }
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.watching);
    for (const part of ['worker', 'stand-in', 'server'] as const) await this.kill(part);
  }

  /** Distinct questions whose answer is on the disk. */
  async journaled(): Promise<number> {
    const keys = new Set<string>();
    const answers = join(this.store, 'answers');
    for (const identity of existsSync(answers) ? readdirSync(answers) : []) {
      const segments = join(answers, identity, 'segments');
      for (const name of existsSync(segments) ? readdirSync(segments) : [])
        for await (const line of createInterface({ input: createReadStream(join(segments, name)) }))
          if (line.endsWith('}')) keys.add(`${identity} ${line.slice(8, 72)}`);
    }
    return keys.size;
  }

  /** The largest that the worker has been: its own high-water mark. */
  private look(): void {
    const pid = this.children.get('worker')?.pid;
    if (pid === undefined) return;
    try {
      const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      this.peakMemory = Math.max(this.peakMemory, Number(kib) * 1024);
    } catch {
      // It ended while we looked.
    }
  }
}
