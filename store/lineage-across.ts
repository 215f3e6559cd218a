/**
 * Checkpoints of a stage across the stages that it goes on from: an amended stage has those of the one that it superseded, up to
 * the step at which it took over. It reads records only; whether bytes are whole is manifests.ts's to say.
 */
import { z } from 'zod';
import { sha256Schema, type CheckpointRef } from '../core/checkpoint.js';
import { layout } from './layout.js';
import { readRecord } from './records.js';
import type { Store } from './store.js';

export interface CheckpointOfStage extends CheckpointRef {
  readonly key: string;
}
/** Where a stage goes on from another's checkpoint. */
interface Continues {
  readonly key: string;
  readonly step: number;
}

/** The part of key.json that says what a stage continues. */
const materialSchema = z.object({
  material: z.object({ continues: z.object({ key: sha256Schema, step: z.int() }).optional() }),
});

/** What the stage of `key` goes on from, as its record says; null for one that begins by itself or was never launched. */
export async function readContinues(store: Store, key: string): Promise<Continues | null> {
  return (await readRecord(store.objects, layout.keyMaterial(key), materialSchema))?.material.continues ?? null;
}

/**
 * One epoch of a stage, and the last step of it that counts (Infinity for the newest). Newest first; damaged claims end it.
 * @param continues of a stage that may not have been launched yet
 */
export async function segments(
  store: Store,
  key: string,
  continues: Continues | null,
): Promise<{ key: string; epoch: number; upTo: number }[]> {
  const found: { key: string; epoch: number; upTo: number }[] = [];
  const seen = new Set<string>();
  let at: string | undefined = key;
  let next = continues;
  let upTo = Infinity;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    for (let epoch = (await store.highestEpoch(at))?.epoch ?? null; epoch !== null;) {
      found.push({ key: at, epoch, upTo });
      const before: CheckpointRef | null | undefined = (await store.readClaim(at, epoch))?.resume_from;
      if (before === null || before === undefined || before.epoch >= epoch) break;
      upTo = Math.min(upTo, before.step);
      epoch = before.epoch;
    }
    next ??= await readContinues(store, at);
    at = next?.key;
    if (next !== null) upTo = Math.min(upTo, next.step);
    next = null;
  }
  return found;
}

/** Checkpoints that count, newest first. */
export async function lineageAcross(
  store: Store,
  key: string,
  continues: Continues | null,
): Promise<CheckpointOfStage[]> {
  const found: CheckpointOfStage[] = [];
  for (const { key: of, epoch, upTo } of await segments(store, key, continues))
    for (const step of await store.listManifests(of, epoch)) if (step <= upTo) found.push({ key: of, epoch, step });
  return found;
}
