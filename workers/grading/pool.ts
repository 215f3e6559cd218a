/**
 * A pool of threads that grade, and that can be ended: a grader that does not come back costs its own line only. The time of a line
 * starts when its grading starts, not when it is queued, and not while a thread starts. What is lost with a thread is graded again.
 */
import { Worker } from 'node:worker_threads';
import { StagewrightError } from '../../core/failures.js';
import type { VerifySettings } from '../../core/verify/settings.js';
import type { Batch, FromThread, ThreadSetup } from './protocol.js';

export interface PoolOptions {
  readonly verifier: string;
  readonly module: string | null;
  readonly goldCheck: boolean;
  /** Of a built-in verifier, where they are not its defaults. */
  readonly settings?: VerifySettings;
  readonly threads: number;
  /** Of one line. */
  readonly limitMs: number;
  /** Until a thread must have loaded its verifier. */
  readonly startMs: number;
  /** Largest heap of a thread. */
  readonly heapMb: number;
}
export const POOL_DEFAULTS = { limitMs: 10_000, startMs: 30_000, heapMb: 512 } as const;

export type Graded = Extract<FromThread, { kind: 'graded' }>;

interface Job {
  batch: Batch;
  readonly done: (graded: Graded) => void;
  readonly failed: (error: unknown) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly progress: Int32Array;
  ready: boolean;
  since: number;
  job: Job | undefined;
  /** Line that was being graded when the watch last looked, of which job. */
  seen: { readonly job: Job; readonly line: number; readonly since: number } | undefined;
}

export class GradingPool {
  private readonly threads = new Set<Thread>();
  private readonly waiting: Job[] = [];
  private readonly watch: NodeJS.Timeout;
  private nextId = 0;
  private broken: Error | undefined;
  private closed = false;

  constructor(private readonly options: PoolOptions) {
    for (let i = 0; i < options.threads; i++) this.start();
    this.watch = setInterval(() => this.look(), Math.min(250, Math.max(10, options.limitMs / 4)));
  }

  /** Threads that were ended because a line did not come back, or died on one. */
  lostThreads = 0;

  /** Batches that wait for a thread: whoever feeds the pool keeps this small. */
  get queued(): number {
    return this.waiting.length;
  }

  /** Takes the bytes over: lines that end with line feeds. */
  grade(lines: Uint8Array<ArrayBuffer>): Promise<Graded> {
    return new Promise((done, failed) => {
      if (this.broken !== undefined) return failed(this.broken);
      this.waiting.push({ batch: { id: this.nextId++, lines, lost: [] }, done, failed });
      this.feed();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    await Promise.all([...this.threads].map(({ worker }) => worker.terminate()));
  }

  private start(): void {
    const progress = new SharedArrayBuffer(4);
    const { verifier, module, goldCheck, settings, heapMb } = this.options;
    const workerData: ThreadSetup = { verifier, module, goldCheck, settings, progress };
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      // Flags of the program around it are not the thread's.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // A user's verifier that prints must not break the lines on standard output.
      stdout: true,
    });
    worker.stdout.pipe(process.stderr, { end: false });
    const thread: Thread = {
      worker,
      progress: new Int32Array(progress),
      ready: false,
      since: Date.now(),
      job: undefined,
      seen: undefined,
    };
    this.threads.add(thread);
    worker.on('message', (message: FromThread) => this.heard(thread, message));
    // An error is followed by the exit.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.lost(thread, 'failed'));
  }

  private feed(): void {
    for (const thread of this.threads) {
      if (!thread.ready || thread.job !== undefined) continue;
      const job = this.waiting.shift();
      if (job === undefined) return;
      thread.job = job;
      // Kept here, too: the thread may be lost with it.
      thread.worker.postMessage(job.batch);
    }
  }

  private heard(thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        thread.ready = true;
        return this.feed();
      case 'refused':
        return this.give(new StagewrightError(message.type, message.message));
      case 'graded': {
        const { job } = thread;
        thread.job = undefined;
        this.feed();
        job?.done(message);
      }
    }
  }

  private look(): void {
    const now = Date.now();
    for (const thread of this.threads) {
      const { job } = thread;
      if (!thread.ready && now - thread.since > this.options.startMs) {
        void thread.worker.terminate();
        this.give(
          new StagewrightError(
            'SettingsMissing',
            `verifier "${this.options.verifier}" did not load in ${this.options.startMs} ms`,
          ),
        );
        return;
      }
      const line = Atomics.load(thread.progress, 0);
      if (job === undefined || line === 0) thread.seen = undefined;
      else if (thread.seen?.job !== job || thread.seen.line !== line) thread.seen = { job, line, since: now };
      else if (now - thread.seen.since > this.options.limitMs) {
        this.lost(thread, 'stuck');
        void thread.worker.terminate();
      }
    }
  }

  /** The thread is gone: its line is answered for, the others of its batch are graded by the next. */
  private lost(thread: Thread, reason: 'stuck' | 'failed'): void {
    if (!this.threads.delete(thread) || this.closed) return;
    this.lostThreads++;
    const { job } = thread;
    if (!thread.ready)
      return this.give(
        new StagewrightError('SettingsMissing', `the module of verifier "${this.options.verifier}" ended its thread`),
      );
    if (job !== undefined) {
      const line = Atomics.load(thread.progress, 0);
      if (line > 0) job.batch = { ...job.batch, lost: [...job.batch.lost, { line, reason }] };
      this.waiting.unshift(job);
    }
    this.start();
  }

  private give(error: Error): void {
    this.broken ??= error;
    const jobs = [...this.waiting.splice(0), ...[...this.threads].flatMap(({ job }) => job ?? [])];
    for (const job of jobs) job.failed(error);
  }
}
