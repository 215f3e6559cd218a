/**
 * What the runner must know of a trainer: how to render its job and commands, where its checkpoints and metrics appear and how
 * to read them. A backend starts no process and touches no store.
 */
import type { HashedFile, Manifest } from '../../core/checkpoint.js';
import type { Command } from '../../core/launch.js';
import type { PlannedStage } from '../../core/plan.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Verified files of a checkpoint, by absolute folder. */
export interface CheckpointFiles {
  readonly folder: string;
  readonly step: number;
  readonly files: readonly HashedFile[];
}

export interface RenderInput {
  readonly stage: PlannedStage;
  /** Folder with the model's graphs on this host. */
  readonly modelFolder: string;
  readonly data: { readonly folder: string; readonly rows_sha256: string };
  /** Folder of the parent's export and its files; null = from scratch. */
  readonly parent: { readonly folder: string; readonly files: readonly HashedFile[] } | null;
  readonly resume: CheckpointFiles | null;
  readonly outputs: TrainerOutputs;
  /** Where the runner will write the jobs (run-folder.ts). */
  readonly runFolder: string;
}

export interface TrainerOutputs {
  /** JSON Lines, appended, one line a step. */
  readonly metrics: string;
  /** Folder in which checkpoints appear whole, as `step-<n>`. */
  readonly checkpoints: string;
  readonly export: string;
}

export interface Rendered {
  readonly job: Json;
  readonly train: Command;
  readonly export: Command;
}

export interface FoundCheckpoint {
  readonly step: number;
  readonly files: readonly HashedFile[];
  readonly data_position: Manifest['data_position'];
}

export interface Backend {
  readonly name: string;
  readonly version: string;
  render(input: RenderInput): Rendered;
  /** The command that exports weights by the job in `jobFile`. */
  exportCommand(jobFile: string): Command;
  /** @throws StagewrightError when the job is none of this backend's. */
  outputs(job: Json): TrainerOutputs;
  /** `job`, with the checkpoint to export and the folder to export to. */
  exportJob(job: Json, final: CheckpointFiles, folder: string): Json;
  /** What a `step-<n>` folder says of itself; its bytes are checked by the caller. @throws when it cannot be read. */
  readCheckpoint(folder: string): Promise<FoundCheckpoint>;
  /** The trained step that a line of the metrics log reports; null for a line that reports none. */
  stepOf(line: string): number | null;
  topology(job: Json): Manifest['topology'];
  /** It can take an order by difficulty over several passes as one way (core/order.ts); others read the rows as they stand. */
  readonly spreadsOrder?: true;
  /** For `plan`: why this trainer cannot run the stage; null = it can. */
  cannot?(stage: PlannedStage, data: { readonly rows: number; readonly withoutResponse: number }): string | null;
  /** For `plan`: what the trainer is told by a job, by its own dotted names. */
  overrides?(job: Json): Readonly<Record<string, string>>;
  /** For `plan`: bytes of one checkpoint and of an export of the model in `modelFolder`. */
  sizes?(modelFolder: string): Promise<{ readonly checkpoint: number; readonly export: number }>;
}
