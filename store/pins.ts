/**
 * Pins: checkpoints that neither a runner's retention nor gc may delete, because a person said so or because another stage needs
 * them. A record each, created exclusively. Whether a checkpoint is whole is not theirs to say.
 */
import { z } from 'zod';
import { sha256Schema, type CheckpointRef } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { layout } from './layout.js';
import type { Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';
import type { Results } from './results.js';

const pinSchema = z.strictObject({
  schema: z.literal('stagewright/pin@1'),
  key: sha256Schema,
  epoch: z.int().min(1),
  step: z.int().min(0),
  /** A person, or `stagewright` for a stage's own pin. */
  actor: z.string().min(1),
  reason: z.string(),
  /** Key of the stage, or of the handed-over weights, that needs it; null for a person's. */
  needed_by: sha256Schema.nullable(),
  pinned_at: z.iso.datetime(),
});
export type Pin = z.infer<typeof pinSchema>;
export type NewPin = Pick<Pin, 'key' | 'epoch' | 'step' | 'actor' | 'reason'> & { readonly needed_by?: string };

export interface Pins {
  /** `gone`: there is no such checkpoint, or retention took it at the same moment; nothing is pinned then. */
  pinCheckpoint(pin: NewPin): Promise<'pinned' | 'already' | 'gone'>;
  /** Takes away a person's pins of a checkpoint, and with `stages` those of other stages too. @returns how many */
  unpinCheckpoint(key: string, ref: CheckpointRef, options?: { readonly stages?: boolean }): Promise<number>;
  /** Pins that count, in a stable order. A stage's pin lapses when that stage is done. A damaged record still pins. */
  listPins(key: string): Promise<Pin[]>;
}

export function createPins(objects: Objects, { readResult }: Pick<Results, 'readResult'>): Pins {
  const namesOf = async (key: string): Promise<{ name: string; epoch: number; step: number; stage: boolean }[]> =>
    (await objects.list(layout.pins(key))).flatMap((name) => {
      const [, epoch, step, stage] = /^(\d+)-(\d+)(-[0-9a-f]+)?\.json$/.exec(name) ?? [];
      return epoch === undefined
        ? []
        : [{ name, epoch: Number(epoch), step: Number(step), stage: stage !== undefined }];
    });

  const lapsed = async ({ needed_by }: Pin): Promise<boolean> => {
    if (needed_by === null) return false;
    const result = await readResult(needed_by);
    // Handed-over weights can be made again only from their checkpoint, however long they have been there.
    return result !== null && result.of === undefined;
  };

  return {
    async pinCheckpoint({ needed_by = null, ...pin }) {
      const { key, epoch, step, actor, reason } = pin;
      const suffix = needed_by === null ? '' : `-${needed_by.slice(0, 16)}`;
      const file = `${layout.pins(key)}/${epoch}-${step}${suffix}.json`;
      const record: Pin = {
        ...{ schema: 'stagewright/pin@1', key, epoch, step, actor, reason, needed_by },
        pinned_at: new Date().toISOString(),
      };
      const created = await createRecord(objects, file, pinSchema.parse(record));
      // In this order: retention looks for pins, then deletes the manifest.
      if ((await objects.get(layout.manifest(key, epoch, step))) !== null) return created ? 'pinned' : 'already';
      if (created) await objects.delete(file);
      return 'gone';
    },
    async unpinCheckpoint(key, ref, { stages = false } = {}) {
      const found = (await namesOf(key)).filter(
        (pin) => pin.epoch === ref.epoch && pin.step === ref.step && (stages || !pin.stage),
      );
      for (const { name } of found) await objects.delete(`${layout.pins(key)}/${name}`);
      return found.length;
    },
    async listPins(key) {
      const pins: Pin[] = [];
      for (const { name, epoch, step } of await namesOf(key)) {
        const pin = await readPin(objects, key, { epoch, step }, name);
        if (pin !== null && !(await lapsed(pin))) pins.push(pin);
      }
      return pins;
    },
  };
}

async function readPin(objects: Objects, key: string, ref: CheckpointRef, name: string): Promise<Pin | null> {
  try {
    return await readRecord(objects, `${layout.pins(key)}/${name}`, pinSchema);
  } catch (error) {
    if (!(error instanceof StagewrightError && error.type === 'Internal')) throw error;
    return {
      ...{ schema: 'stagewright/pin@1', key, ...ref, actor: 'unknown', needed_by: null },
      ...{ reason: 'its record is damaged', pinned_at: new Date(0).toISOString() },
    };
  }
}
