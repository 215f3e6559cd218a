/** At most so many of something a minute, evenly: requests, or tokens. What was guessed too high is given back. */
import type { Clock } from './clock.js';

/** May come at once after a rest. */
const BURST_MS = 2_000;

export interface Rate {
  /** Waits until `count` more are allowed. @throws the signal's reason */
  take(count: number, signal: AbortSignal): Promise<void>;
  giveBack(count: number): void;
}

export function createRate(perMinute: number | undefined, clock: Clock): Rate {
  if (perMinute === undefined) return { take: () => Promise.resolve(), giveBack: () => undefined };
  const eachMs = 60_000 / perMinute;
  let next = -Infinity;
  return {
    take: async (count, signal) => {
      const at = Math.max(next, clock.now() - BURST_MS);
      next = at + count * eachMs;
      // One that is larger than a burst waits as if it were a burst, else it would never be allowed.
      const wait = at - clock.now();
      if (wait > 0) await clock.sleep(wait, signal);
    },
    giveBack: (count) => {
      next -= count * eachMs;
    },
  };
}
