/**
 * Wire shapes of what makes a stage durable: epoch claims, checkpoint manifests, results. Facts in the store, not in history.
 * See design.md ideas 2 to 5. Nothing here reads or writes files: store/ does.
 */
import { z } from 'zod';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'must be a lower-case hex sha256');
const step = z.int().min(0);
const epoch = z.int().min(1);

/** Who may read a checkpoint: every host, or one. */
export const reachSchema = z.union([z.literal('shared'), z.templateLiteral(['host:', z.string()])]);
export type Reach = z.infer<typeof reachSchema>;

/** `sha256` may be absent only in foreign checkpoints, whose hashes follow in a sidecar. */
export const fileEntrySchema = z.strictObject({
  /** Relative to the manifest's `root`, with `/`. */
  path: z.string().min(1),
  /** Bytes. */
  size: z.int().min(0),
  sha256: sha256Schema.optional(),
  /** Of a foreign file's first 64 KiB (the whole file when shorter): what a resume can check of 100 GB in no time. */
  header_sha256: sha256Schema.optional(),
});
export type FileEntry = z.infer<typeof fileEntrySchema>;
export const hashedFileSchema = fileEntrySchema.required({ sha256: true });
export type HashedFile = z.infer<typeof hashedFileSchema>;

export const checkpointRefSchema = z.strictObject({ epoch, step });
export type CheckpointRef = z.infer<typeof checkpointRefSchema>;

export const manifestSchema = z.strictObject({
  schema: z.literal('stagewright/manifest@1'),
  key: sha256Schema,
  epoch,
  step,
  /** Folder of the files: relative to the stage's folder in the store (own trainer), or a `file://` URL (referred to in place). */
  root: z.string().min(1),
  kind: z.enum(['own', 'foreign']),
  files: z.array(fileEntrySchema).min(1),
  reach: reachSchema,
  /** Rows consumed so far and the pass over the data that the next row belongs to; null where the trainer does not say. */
  data_position: z.strictObject({ rows: z.int().min(0), pass: z.int().min(0) }).nullable(),
  /** World size and the like; a resume with another topology must be the trainer's to allow. */
  topology: z.record(z.string(), z.union([z.string(), z.number()])),
  trainer: z.strictObject({ name: z.string(), version: z.string() }),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** sha256 of a foreign checkpoint's files, made in the background; hand-over needs it, resume does not. */
export const sidecarSchema = z.strictObject({
  schema: z.literal('stagewright/sidecar@1'),
  key: sha256Schema,
  epoch,
  step,
  files: z.array(hashedFileSchema),
});
export type Sidecar = z.infer<typeof sidecarSchema>;

/** One runner launch is one epoch. The same owner asking again gets the same epoch. */
export const ownerSchema = z.strictObject({ workflow_id: z.string(), run_id: z.string(), attempt: z.int().min(1) });
export type Owner = z.infer<typeof ownerSchema>;
export function sameOwner(a: Owner, b: Owner): boolean {
  return a.run_id === b.run_id && a.attempt === b.attempt;
}

export const epochClaimSchema = z.strictObject({
  schema: z.literal('stagewright/epoch@1'),
  key: sha256Schema,
  epoch,
  owner: ownerSchema,
  host: z.string().min(1),
  devices: z.array(z.string()),
  /** The manifest it starts from; null = from the stage's start. */
  resume_from: checkpointRefSchema.nullable(),
  /** Newer checkpoints that were found damaged and passed over, newest first. */
  passed_over: z.array(z.strictObject({ epoch, step, reason: z.string() })),
  claimed_at: z.iso.datetime(),
});
export type EpochClaim = z.infer<typeof epochClaimSchema>;

export const epochEndSchema = z.strictObject({
  schema: z.literal('stagewright/epoch-end@1'),
  epoch,
  /** `done`, `stopped`, a failure type, or `gone` when the host found its process tree dead. */
  how: z.string(),
  ended_at: z.iso.datetime(),
});
export type EpochEnd = z.infer<typeof epochEndSchema>;

/** Weights that the next stage or a server can load. */
export const exportSchema = z.strictObject({
  /** Relative to the stage's folder in the store. */
  root: z.string(),
  files: z.array(hashedFileSchema).min(1),
});
export type ExportedWeights = z.infer<typeof exportSchema>;

export const stageResultSchema = z.strictObject({
  schema: z.literal('stagewright/result@1'),
  key: sha256Schema,
  /** Of weights handed over before their stage was done: the key of that stage, to which `final` belongs. Absent: `key` itself. */
  of: sha256Schema.optional(),
  epoch,
  /** Equals the planned steps, or is the step of the checkpoint handed over. */
  step,
  final: checkpointRefSchema,
  export: exportSchema,
  trainer: z.strictObject({ name: z.string(), version: z.string() }),
});
export type StageResult = z.infer<typeof stageResultSchema>;
