/**
 * Renews the epoch in the store and looks for a newer one before and after each renewal. A store that does not answer changes
 * nothing: the trainer goes on, the renewal is tried again; whoever claims the epoch meanwhile fences this runner.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Launch } from '../core/launch.js';
import type { Store } from '../store/store.js';
import type { RunnerLog } from './log.js';

export interface Renewal {
  /** True once a newer epoch was seen; it stays true. */
  fenced(): boolean;
  /** Looks now. @throws StagewrightError when the store does not answer: then nothing may be published. */
  check(): Promise<boolean>;
  stop(): Promise<void>;
}

export function startRenewal(store: Store, launch: Launch, log: RunnerLog): Renewal {
  const { key, epoch, timers } = launch;
  const over = new AbortController();
  let fenced = false;
  const check = async (): Promise<boolean> => {
    fenced ||= (await store.newerEpoch(key, epoch)) !== null;
    return fenced;
  };
  const loop = async (): Promise<void> => {
    let failing = false;
    for (let count = 0; !over.signal.aborted && !fenced; count++) {
      try {
        if (await check()) break;
        await store.renewEpoch(key, epoch, count);
        await check();
        failing = false;
      } catch (error) {
        if (!failing) log('cannot renew the epoch; going on', error);
        failing = true;
      }
      await delay(timers.renew_ms, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    fenced: () => fenced,
    check,
    stop: () => {
      over.abort();
      return running;
    },
  };
}
