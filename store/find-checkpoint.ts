/** A whole checkpoint of a stage by its step, or the newest, across the stages that it goes on from. Bytes are read and hashed. */
import { StagewrightError } from '../core/failures.js';
import { lineageAcross, type CheckpointOfStage } from './lineage-across.js';
import type { Store } from './store.js';

export interface Found {
  /** Null when there is none, or none of the step, that is whole. */
  readonly checkpoint: CheckpointOfStage | null;
  /** All steps with a manifest, newest first; damaged ones included. */
  readonly steps: readonly number[];
}

/** @param continues of a planned stage that goes on from another's checkpoint */
export async function findWhole(
  store: Store,
  key: string,
  continues: { readonly key: string; readonly step: number } | null,
  step: number | null,
): Promise<Found> {
  const all = await lineageAcross(store, key, continues);
  const steps = [...new Set(all.map((ref) => ref.step))];
  for (const ref of all)
    if ((step === null || ref.step === step) && (await isWhole(store, ref))) return { checkpoint: ref, steps };
  return { checkpoint: null, steps };
}

async function isWhole(store: Store, ref: CheckpointOfStage): Promise<boolean> {
  try {
    const manifest = await store.readManifest(ref.key, ref);
    return manifest !== null && (await store.verifyCheckpoint(manifest)).kind === 'whole';
  } catch (error) {
    // A damaged manifest is a checkpoint that is not whole; a store that is away says nothing about it.
    if (error instanceof StagewrightError && error.type === 'Internal') return false;
    throw error;
  }
}
