/**
 * The job file of the embedded `onnx` trainer (trainers/onnx): all it needs, by absolute path. The trainer knows nothing of
 * Temporal, epochs or keys. `node dist/trainers/onnx/main.js train|export job.json`.
 */
import { z } from 'zod';
import { hashedFileSchema, sha256Schema } from './checkpoint.js';
import { orderPerEpochSchema, orderSchema } from './order.js';
import { rlvrTrainingSchema, sftTrainingSchema } from './training.js';

const checkpointSource = z.strictObject({
  /** Folder that holds the files. */
  folder: z.string(),
  step: z.int().min(0),
  files: z.array(hashedFileSchema),
});

export const onnxJobSchema = z.strictObject({
  schema: z.literal('stagewright/onnx-job@1'),
  model: z.strictObject({
    /** Folder with model.json and the graphs. */
    folder: z.string(),
    /** sha256 of model.json, which names the sha256 of each graph. */
    sha256: sha256Schema,
  }),
  objective: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sft'), training: sftTrainingSchema }),
    z.strictObject({ kind: z.literal('rlvr'), training: rlvrTrainingSchema }),
  ]),
  /** Of the rewards; absent = `digits`, as in jobs from before it could be chosen. */
  verifier: z.strictObject({ name: z.string(), version: z.int() }).optional(),
  data: z.strictObject({
    /** Folder with rows.jsonl and the images. */
    folder: z.string(),
    rows_sha256: sha256Schema,
    /** `file` keeps the rows' order in each pass; `shuffled` draws a seeded permutation for each pass; the others order by pass_rate, see order_per_epoch. */
    order: orderSchema,
    /** Absent: `restart`. */
    order_per_epoch: orderPerEpochSchema.optional(),
  }),
  /** Drives initial weights, data order and sampling, each by its own derived generator. */
  seed: z.int().min(0),
  init: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('scratch') }),
    z.strictObject({ kind: z.literal('weights'), file: z.string(), sha256: sha256Schema }),
  ]),
  /** Also the KL reference comes from `init`, never from here. */
  resume: checkpointSource.nullable(),
  threads: z.int().min(1),
  save_every_steps: z.int().min(1),
  output: z.strictObject({
    /** JSON Lines, appended. */
    metrics: z.string(),
    /** Checkpoints appear here whole, as `step-<n>` (renamed from `.partial-...`). */
    checkpoints: z.string(),
    /** `export` writes model.safetensors here, whole (renamed from a `.partial` folder). */
    export: z.string(),
  }),
});
export type OnnxJob = z.infer<typeof onnxJobSchema>;

/** `checkpoint.json` inside a `step-<n>` folder: written with the other files, listing them (not itself). */
export const onnxCheckpointSchema = z.strictObject({
  schema: z.literal('stagewright/onnx-checkpoint@1'),
  step: z.int().min(0),
  files: z.array(hashedFileSchema),
  data_position: z.strictObject({ rows: z.int(), pass: z.int() }),
  seed: z.int(),
});
export type OnnxCheckpoint = z.infer<typeof onnxCheckpointSchema>;
