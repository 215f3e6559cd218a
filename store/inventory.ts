/** What a store holds of stages: states and checkpoints, each with what keeps it. Records only; no file of a checkpoint is read. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { CheckpointRef, EpochClaim, Manifest, StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { listEpochFolders } from './claims.js';
import { layout } from './layout.js';
import type { Pin } from './pins.js';
import { readRecord } from './records.js';
import { readOrNull } from './removal.js';
import { offLineage, refId } from './retention.js';
import type { Store } from './store.js';

/** How many of the newest stay, whatever else goes. */
export const NEWEST = 2;

export interface CheckpointEntry extends CheckpointRef {
  readonly key: string;
  /** Null when it is damaged. */
  readonly manifest: Manifest | null;
  /** By its manifest. */
  readonly bytes: number;
  /** By the store's file system. */
  readonly committed_at: Date;
  /** Whether a resume could read it; false for what zombies committed and what a start from zero left behind. */
  readonly counts: boolean;
  readonly newest: boolean;
  readonly final: boolean;
  readonly pins: readonly Pin[];
}

export interface StageEntry {
  readonly key: string;
  /** As its recipe called it when it was first launched; null when its record is damaged. */
  readonly name: string | null;
  /** `running`: its highest epoch has not ended, as far as the store knows. `none`: it was never launched. */
  readonly state: 'done' | 'running' | 'ended' | 'none';
  readonly claim: EpochClaim | null;
  readonly result: StageResult | null;
  /** Newest first; those that count before those that do not. */
  readonly checkpoints: readonly CheckpointEntry[];
}

const nameSchema = z.object({ name: z.string() });

/** Keys in a stable order. */
export async function listStageKeys(store: Store): Promise<string[]> {
  return (await store.objects.list(layout.stages)).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

export async function readStageName(store: Store, key: string): Promise<string | null> {
  return orNull(async () => (await readRecord(store.objects, layout.keyMaterial(key), nameSchema))?.name ?? null);
}

export async function readStage(store: Store, key: string): Promise<StageEntry> {
  const name = await readStageName(store, key);
  const claim = await store.highestEpoch(key);
  if (claim === null) return { key, name, state: 'none', claim, result: null, checkpoints: [] };
  const result = await orNull(() => store.readResult(key));
  const ended = (await store.readEnd(key, claim.epoch)) !== null;
  const state = result !== null ? 'done' : ended ? 'ended' : 'running';
  const lineage = await store.lineage(key, claim.epoch);
  const pins = await store.listPins(key);
  const entryOf = async (ref: CheckpointRef, at: number, counts: boolean): Promise<CheckpointEntry | null> => {
    const committed = await stat(store.objects.path(layout.manifest(key, ref.epoch, ref.step))).catch(() => null);
    // Retention took it since it was listed.
    if (committed === null) return null;
    const manifest = await readOrNull(store, key, ref);
    return {
      ...{ key, ...ref, manifest, counts },
      bytes: manifest === null ? 0 : manifest.files.reduce((sum, { size }) => sum + size, 0),
      committed_at: committed.mtime,
      newest: counts && at < NEWEST,
      // Handed-over weights belong to another stage's checkpoint.
      final: result !== null && result.of === undefined && refId(result.final) === refId(ref),
      pins: pins.filter((pin) => refId(pin) === refId(ref)),
    };
  };
  const rest = await offLineage(store.objects, store, key, lineage);
  const entries = [
    ...(await Promise.all(lineage.map((ref, i) => entryOf(ref, i, true)))),
    ...(await Promise.all(rest.map((ref, i) => entryOf(ref, i, false)))),
  ];
  return { key, name, state, claim, result, checkpoints: entries.filter((entry) => entry !== null) };
}

/** Epochs that have not ended, as far as the store knows: their folders are not to be touched. */
export async function liveEpochs(store: Store, key: string): Promise<number[]> {
  const live: number[] = [];
  for (const epoch of await listEpochFolders(store.objects, key))
    if ((await store.readEnd(key, epoch)) === null) live.push(epoch);
  return live;
}

async function orNull<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'Internal') return null;
    throw error;
  }
}
