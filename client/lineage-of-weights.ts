/** Where a stage's weights come from, stage after stage, as key records of a store say. Newest first. */
import { z } from 'zod';
import { sha256Schema } from '../core/checkpoint.js';
import { layout } from '../store/layout.js';
import { readRecord } from '../store/records.js';
import type { Store } from '../store/store.js';

export interface Ancestor {
  readonly key: string;
  /** Null where the store has no record of it. */
  readonly name: string | null;
  /** How its weights were taken on: all of a stage, a checkpoint handed over before its end, or one that an amended stage went on from. */
  readonly via: 'parent' | 'hand-over' | 'continues' | null;
  /** Of the checkpoint, where it was one. */
  readonly step: number | null;
}

const recordSchema = z.object({
  name: z.string(),
  material: z.object({
    parent: sha256Schema.nullish(),
    continues: z.object({ key: sha256Schema, step: z.int() }).optional(),
    weights_of: sha256Schema.optional(),
    step: z.int().optional(),
  }),
});

export async function lineageOfWeights(store: Store, key: string): Promise<Ancestor[]> {
  const lineage: Ancestor[] = [];
  let next: { key: string; via: Ancestor['via']; step: number | null } | null = { key, via: null, step: null };
  while (next !== null && !lineage.some((seen) => seen.key === next?.key)) {
    const at: { key: string; via: Ancestor['via']; step: number | null } = next;
    const record = await readRecord(store.objects, layout.keyMaterial(at.key), recordSchema);
    lineage.push({ ...at, name: record?.name ?? null });
    next = record === null ? null : before(record.material);
  }
  return lineage;
}

function before({
  parent,
  continues,
  weights_of,
  step,
}: z.infer<typeof recordSchema>['material']): { key: string; via: Ancestor['via']; step: number | null } | null {
  if (continues !== undefined) return { key: continues.key, via: 'continues', step: continues.step };
  if (weights_of !== undefined) return { key: weights_of, via: 'hand-over', step: step ?? null };
  return parent === null || parent === undefined ? null : { key: parent, via: 'parent', step: null };
}
