/** The training curves of a stage from the store, of the attempts that count: for people who watch. Reading only. */
import type { MetricsLine } from '../core/metrics.js';
import { openStore, type Store } from '../store/store.js';
import { readTrainingLog } from '../store/training-log.js';

export interface CurveReader {
  /** Lines so far, rising; the last ones known while it is not time to read again. Never throws. */
  read(stageKey: string): Promise<readonly MetricsLine[]>;
}

/** A log is not read more often, and takes at most about a tenth of the time. */
const EVERY_MS = 1_500;

/** Null where the store cannot be read from this host. */
export async function openCurves(root: string, now: () => number = Date.now): Promise<CurveReader | null> {
  let store: Store;
  try {
    store = await openStore(root, { create: false });
  } catch {
    return null;
  }
  let last: { key: string; lines: readonly MetricsLine[]; next: number } | undefined;
  return {
    async read(key) {
      if (last !== undefined && last.key === key && now() < last.next) return last.lines;
      const began = now();
      let lines: readonly MetricsLine[];
      try {
        lines = await readTrainingLog(store, key);
      } catch {
        // A store that is away for a moment; the curves are a hint.
        lines = last?.key === key ? last.lines : [];
      }
      last = { key, lines, next: now() + Math.max(EVERY_MS, 10 * (now() - began)) };
      return lines;
    },
  };
}
