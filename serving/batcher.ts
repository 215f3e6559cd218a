/**
 * Questions of several requests in one run of the graph: what comes within a few milliseconds, or while the run before is under
 * way, goes together. What waits is bounded. It knows nothing of HTTP.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Draw } from '../trainers/onnx/sampler.js';

export interface BatcherOptions {
  /** Most draws a run. */
  readonly width: number;
  /** What a question waits for others, again as long as more come. */
  readonly windowMs: number;
  /** Most draws that wait. */
  readonly most: number;
}

const MOST_WINDOWS = 10;

export class QueueFull extends Error {
  constructor(
    message: string,
    readonly retrySeconds: number,
  ) {
    super(message);
  }
}

interface Waiting {
  readonly draw: Draw;
  readonly signal: AbortSignal;
  readonly resolve: (words: string[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Batcher {
  readonly #waiting: Waiting[] = [];
  #working = false;
  /** Of the last run. */
  #runMs = 0;
  #runs = 0;
  #draws = 0;

  constructor(
    private readonly run: (draws: readonly Draw[]) => Promise<string[][]>,
    private readonly options: BatcherOptions,
  ) {}

  /** All or none: half an answer helps nobody. A draw whose signal is aborted before its run is not run. @throws QueueFull */
  async submit(draws: readonly Draw[], signal: AbortSignal): Promise<string[][]> {
    const { most, width } = this.options;
    const waiting = this.#waiting.length;
    if (waiting + draws.length > most) {
      const seconds = Math.max(1, Math.ceil((Math.ceil(waiting / width) * this.#runMs) / 1_000));
      throw new QueueFull(`${waiting} questions wait; at most ${most} may`, seconds);
    }
    const answers = draws.map(
      (draw) => new Promise<string[]>((resolve, reject) => this.#waiting.push({ draw, signal, resolve, reject })),
    );
    if (!this.#working) void this.#work();
    return Promise.all(answers);
  }

  counts(): { readonly waiting: number; readonly runs: number; readonly draws: number } {
    return { waiting: this.#waiting.length, runs: this.#runs, draws: this.#draws };
  }

  async #work(): Promise<void> {
    const { width } = this.options;
    this.#working = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#waiting.splice(0, width).filter(({ signal, reject }) => {
        if (signal.aborted) reject(signal.reason);
        return !signal.aborted;
      });
      if (batch.length > 0) await this.#runBatch(batch);
    }
    // In the same breath as the look above: who comes now begins anew.
    this.#working = false;
  }

  /** A run blocks the process: questions that came meanwhile are still in their sockets, and arrive one by one. */
  async #gather(): Promise<void> {
    for (let i = 0, before = -1; i < MOST_WINDOWS && before !== this.#waiting.length; i++) {
      before = this.#waiting.length;
      if (before >= this.options.width) return;
      await delay(this.options.windowMs);
    }
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const begun = performance.now();
    try {
      const answers = await this.run(batch.map(({ draw }) => draw));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] ?? []);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#runMs = performance.now() - begun;
    this.#runs += 1;
    this.#draws += batch.length;
  }
}
