/** The product under test, as a user runs it: `stagewright demo --home DIR --recipe FILE`, started again whenever it was killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { kill, processesWith, type Found } from './processes.js';

const MARK = 'STAGEWRIGHT_CAMPAIGN';
const CLI = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** Shorter waits than a cluster's, so that a campaign of minutes holds many kills. */
const TIMERS = {
  STAGEWRIGHT_RENEW_MS: '500',
  STAGEWRIGHT_EPOCH_TTL_MS: '4000',
  STAGEWRIGHT_STOP_GRACE_MS: '10000',
};

export interface SessionOptions {
  readonly home: string;
  readonly recipe: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Session {
  readonly store: string;
  private readonly mark: string;
  private readonly orders: string;
  private child: ChildProcess | null = null;
  exitCode: number | null = null;

  constructor(private readonly options: SessionOptions) {
    mkdirSync(options.home, { recursive: true });
    this.store = join(options.home, 'store');
    this.orders = join(options.home, 'fail-point');
    this.mark = `${process.pid}-${options.home}`;
  }

  start(): void {
    this.exitCode = null;
    const log = createWriteStream(join(this.options.home, 'cli.log'), { flags: 'a' });
    const child = spawn(process.execPath, [CLI, 'demo', '--home', this.options.home, '--recipe', this.options.recipe], {
      env: {
        ...process.env,
        ...TIMERS,
        ...this.options.env,
        [MARK]: this.mark,
        STAGEWRIGHT_FAIL_POINT_FILE: this.orders,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('exit', (code) => {
      if (this.child !== child) return;
      this.child = null;
      this.exitCode = code ?? -1;
      log.end();
    });
    this.child = child;
  }

  /** True while the command itself runs. */
  get alive(): boolean {
    return this.child !== null;
  }

  processes(): Found[] {
    return processesWith(MARK, this.mark);
  }

  /** SIGKILLs every process of a role, or everything at once. @returns how many were hit. */
  killRole(role: Found['role'] | 'all'): number {
    return this.processes().filter((p) => (role === 'all' || p.role === role) && kill(p.pid)).length;
  }

  /** Orders one process to kill itself at a fail point. @returns false when none came by in time; the order is then withdrawn. */
  async order(point: string, nth: number, limitMs: number): Promise<boolean> {
    writeFileSync(this.orders, `${point}:${nth}`);
    for (const limit = Date.now() + limitMs; Date.now() < limit && this.exitCode !== 0; await sleep(50))
      if (!existsSync(this.orders)) return true;
    if (!existsSync(this.orders)) return true;
    rmSync(this.orders, { force: true });
    return false;
  }

  /** Something that grows with work: bytes of metrics logs, epochs, manifests and results. */
  progress(): number {
    const stages = join(this.store, 'stages');
    if (!existsSync(stages)) return 0;
    let sum = 0;
    for (const key of readdirSync(stages)) {
      const epochs = join(stages, key, 'epochs');
      if (!existsSync(epochs)) continue;
      for (const epoch of readdirSync(epochs)) {
        sum += 1;
        for (const file of ['metrics.jsonl', 'result.json', 'manifests']) {
          const path = join(epochs, epoch, file);
          if (existsSync(path)) sum += statSync(path).size;
        }
      }
    }
    return sum;
  }

  /** Phase of the newest runner, or `between stages`. */
  phase(): string {
    const hosts = join(this.options.home, 'hosts');
    if (!existsSync(hosts)) return 'start';
    const states = readdirSync(hosts).flatMap((host) => {
      const runs = join(hosts, host, 'runs');
      return existsSync(runs) ? readdirSync(runs).map((run) => join(runs, run, 'state.json')) : [];
    });
    const newest = states.filter((f) => existsSync(f)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    if (newest === undefined) return 'start';
    try {
      const { phase } = JSON.parse(readFileSync(newest, 'utf8')) as { phase: string };
      return phase === 'ended' ? 'between stages' : phase;
    } catch {
      return 'start';
    }
  }

  tail(lines = 15): string {
    return readFileSync(join(this.options.home, 'cli.log'), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
