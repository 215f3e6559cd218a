/** What a store knows of planned stages: done, begun at which step, how fast such stages were. Reads only; begins no store. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.js';
import type { StageResult } from '../../core/checkpoint.js';
import { stageKeyMaterial, type PlannedStage } from '../../core/plan.js';
import { layout } from '../../store/layout.js';
import { STORE_FILE } from '../../store/objects.js';
import { readRecord } from '../../store/records.js';
import { openStore, type Store } from '../../store/store.js';
import { readTrainingLog } from '../../store/training-log.js';

/** Null where nothing was ever stored. @throws StagewrightError StoreUnreachable, NoPermission */
export async function openExisting(folder: string): Promise<Store | null> {
  return existsSync(join(folder, STORE_FILE)) ? openStore(folder, { create: false }) : null;
}

/** Bytes that may still be written where the store is, or will be. */
export async function freeBytes(folder: string): Promise<number> {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  const { bavail, bsize } = await statfs(at);
  return bavail * bsize;
}

export type Progress =
  { readonly state: 'done'; readonly result: StageResult } | { readonly state: 'begun' | 'new'; readonly step: number };

export async function progressOf(store: Store | null, key: string): Promise<Progress> {
  const result = (await store?.readResult(key)) ?? null;
  if (result !== null) return { state: 'done', result };
  const epoch = await store?.highestEpoch(key);
  if (store === null || epoch === null || epoch === undefined) return { state: 'new', step: 0 };
  const [newest] = await store.lineage(key, epoch.epoch);
  return { state: 'begun', step: newest?.step ?? 0 };
}

/** What makes steps as long as each other, as far as a key's material tells. */
const paceSchema = z.object({
  model: z.string(),
  trainer: z.object({ name: z.string() }),
  objective: z.object({
    kind: z.string(),
    training: z.object({
      batch_size: z.int(),
      rollouts: z.int().optional(),
      updates_per_batch: z.int().optional(),
    }),
  }),
});
const describedSchema = z.looseObject({ material: z.unknown() });

function paceOf(material: unknown): string | null {
  const parsed = paceSchema.safeParse(material);
  return parsed.success ? canonicalJson(parsed.data) : null;
}

/** Seconds of a step of such a stage, or null where none was trained in this store. */
export type Speeds = (stage: Omit<PlannedStage, 'key'>) => number | null;

/** Stages of one kind whose logs are read; more would tell no more. */
const ENOUGH = 8;

export async function readSpeeds(store: Store | null): Promise<Speeds> {
  const seconds = new Map<string, number[]>();
  for (const key of (await store?.objects.list('stages')) ?? []) {
    if (store === null) break;
    const described = await readRecord(store.objects, layout.keyMaterial(key), describedSchema);
    const pace = paceOf(described?.material);
    if (pace === null) continue;
    const known = seconds.get(pace) ?? [];
    if (known.length >= ENOUGH) continue;
    const log = await readTrainingLog(store, key);
    if (log.length > 0) known.push(log.reduce((sum, line) => sum + line.seconds, 0) / log.length);
    seconds.set(pace, known);
  }
  return (stage) => {
    const known = seconds.get(paceOf(stageKeyMaterial(stage)) ?? '') ?? [];
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
  };
}
