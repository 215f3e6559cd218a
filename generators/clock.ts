/** Time for limits and waits, so that tests of them need not wait. */
import { setTimeout as timer } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds from any beginning; never goes back. */
  now(): number;
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    await timer(ms, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  },
};

export interface BackOff {
  readonly first_seconds: number;
  readonly most_seconds: number;
}

/** Exponential with full jitter: clients that failed together do not come back together. `failures` from 1. */
export function waitMs({ first_seconds, most_seconds }: BackOff, failures: number, random = Math.random): number {
  return random() * 1000 * Math.min(most_seconds, first_seconds * 2 ** Math.min(failures - 1, 30));
}

/** Of a Retry-After header: seconds, or a date. Null when it says nothing. */
export function retryAfterMs(header: string | null | undefined, nowMs = Date.now()): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/u.test(text)) return Number(text) * 1000;
  // Node takes "-3" for a year.
  const at = /^[A-Z]/iu.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
