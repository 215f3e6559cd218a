/**
 * The gate on rows that nobody can tell anything about. Where there are too many, their shards are opened again before the failure
 * is told, so that the next try asks what had no answer; what was answered is in the journal.
 */
import type { FunnelCounter } from '../../../core/data/funnel.js';
import { phasesOf } from '../../../core/data/phases.js';
import { StagewrightError } from '../../../core/failures.js';
import type { PlannedData } from '../../../core/plan.js';
import { layout } from '../../../store/layout.js';
import type { Store } from '../../../store/store.js';
import { derivationOf } from './input.js';
import { readShard } from './shard.js';

const NAMED = 4;

/** @throws StagewrightError TooManyUnknown */
export async function refuseUnknown(store: Store, data: PlannedData, { rows, reasons }: FunnelCounter): Promise<void> {
  const most = data.max_unknown;
  if (most === undefined || rows.unknown <= most * rows.in) return;
  const opened = await openAgain(store, data);
  const why = reasons.filter(({ outcome }) => outcome === 'unknown').slice(0, NAMED);
  throw new StagewrightError(
    'TooManyUnknown',
    `data set ${data.name}: ${rows.unknown} of ${rows.in} rows have no usable answer, and max_unknown is ${most}: ` +
      `${why.map(({ reason, rows: n }) => `${n} ${reason}`).join('; ')}. ${
        opened === 0
          ? 'Every question was answered, so asking again gives the same; a recipe with a higher max_unknown takes the set as it is'
          : 'Those without an answer are asked again; what was answered is not'
      }`,
    { rows: rows.in, unknown: rows.unknown },
  );
}

/** @returns how many shards are asked again. */
async function openAgain(store: Store, data: PlannedData): Promise<number> {
  let opened = 0;
  for (const { name: phase } of phasesOf(derivationOf(data))) {
    const shards = await store.objects.list(layout.dataWorkPhase(data.key, phase));
    for (const name of shards) {
      const shard = Number(/^shard-(\d+)\.jsonl$/u.exec(name)?.[1] ?? NaN);
      if (Number.isNaN(shard)) continue;
      const file = await readShard(store, { data, phase, shard });
      if (file === null || file.head.unknown === 0) continue;
      await store.objects.delete(layout.dataWorkShard(data.key, phase, shard));
      opened += 1;
    }
  }
  return opened;
}
