/** Wall time of a step by part, for metrics and the profile. Never enters the mathematics. */
import { performance } from 'node:perf_hooks';

export type Part = 'batch' | 'noise' | 'sampling' | 'reward' | 'reference' | 'gradient' | 'optimizer' | 'checkpoint';

export class Stopwatch {
  readonly #start = performance.now();
  #last = this.#start;
  /** Milliseconds by part. */
  readonly parts = new Map<Part, number>();

  /** Books the time since the last lap to `part`. */
  lap(part: Part): void {
    const now = performance.now();
    this.parts.set(part, (this.parts.get(part) ?? 0) + now - this.#last);
    this.#last = now;
  }

  seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}
