/**
 * What the runner must know of a trainer: how to render its job and commands, where its checkpoints and metrics appear and how
 * to read them. A backend owns no process of a run and touches no store. All that is optional has a plain meaning when left out, so
 * that a trainer that writes our own formats is a page of code (docs/own-trainer.md); the rest is what foreign trainers need.
 */
import type { FileEntry, HashedFile, Manifest } from '../../core/checkpoint.js';
import type { Command } from '../../core/launch.js';
import type { MetricsLine } from '../../core/metrics.js';
import type { PlannedStage } from '../../core/plan.js';
import type { Execution } from '../../core/recipe.js';
import type { TrainerPhase, TrainerProfile } from '../../core/trainer-profile.js';
import type { Exit, Failed } from '../exit-verdict.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Verified files of a checkpoint, by absolute folder. */
export interface CheckpointFiles {
  readonly folder: string;
  readonly step: number;
  /** Of a foreign checkpoint without sha256, unless it is exported. */
  readonly files: readonly FileEntry[];
}

/** What a backend is told of a stage before its launch file is written; each path is on this host. */
export interface RenderInput {
  readonly stage: PlannedStage;
  /** The host's profile of this trainer; every field at its default where the host has no file of profiles. */
  readonly profile: TrainerProfile;
  /** What this backend's `prepare` found; null where it has none, and for `plan`, which must render all the same. */
  readonly prepared: Json;
  /** Folder with the model's graphs on this host. */
  readonly modelFolder: string;
  readonly data: { readonly folder: string; readonly rows_sha256: string };
  /** Folder of the parent's export and its files; null = from scratch. */
  readonly parent: { readonly folder: string; readonly files: readonly HashedFile[] } | null;
  readonly resume: CheckpointFiles | null;
  readonly outputs: TrainerOutputs;
  /** Where the runner will write the jobs (run-folder.ts). */
  readonly runFolder: string;
  /** Devices of the lease, as CUDA_VISIBLE_DEVICES takes them. */
  readonly devices: readonly string[];
  /** Value of STAGEWRIGHT_RUN of all processes of the run: makes names and folders of its own for an attempt. */
  readonly marker: string;
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
  /** Relative to the folder. Without sha256 they are committed where they are, as a foreign checkpoint. */
  readonly files: readonly FileEntry[];
  readonly data_position: Manifest['data_position'];
}

export interface Backend {
  readonly name: string;
  /** Part of keys. Of several, the one that a recipe gets which asks for none. */
  readonly version: string;
  /** All that it can drive; a recipe asks for one by `trainer: name@version`. Absent: `version` alone. */
  readonly versions?: readonly string[];
  /**
   * On the host, before `render`: finds out which version is installed, checks every path, writes what the trainer reads (its rows in
   * its own form) into `runFolder`. Called again for each attempt. @throws StagewrightError saying what is wrong and what to do.
   */
  prepare?(input: Omit<RenderInput, 'prepared'>): Promise<Json>;
  render(input: RenderInput): Rendered;
  /** The command that exports weights by the job in `jobFile`. */
  exportCommand(jobFile: string, job: Json): Command;
  /** @throws StagewrightError when the job is none of this backend's. */
  outputs(job: Json): TrainerOutputs;
  /** `job`, with the checkpoint to export and the folder to export to. */
  exportJob(job: Json, final: ExportedCheckpoint, folder: string): Json;
  /** In the runner, before each start of the trainer: what must be archived, repaired or removed. */
  beforeStart?(job: Json): Promise<void>;
  /** Whole checkpoints that stand on the disk. Absent: folders `step-<n>` of `outputs(job).checkpoints`, which appear whole. */
  findCheckpoints?(job: Json): Promise<readonly { readonly step: number; readonly folder: string }[]>;
  /** What a checkpoint's folder says of itself; its bytes are checked by the caller. @throws when it is not whole. */
  readCheckpoint(folder: string, job: Json): Promise<FoundCheckpoint>;
  /** The trained step that a line of the metrics log reports; null for a line that reports none. */
  stepOf(line: string): number | null;
  /** Of a trainer whose log is not ours (core/metrics.ts): its file, and its lines as ours. The runner then writes `outputs(job).metrics`. */
  readonly foreignMetrics?: {
    file(job: Json): string;
    /** Null for a line without a trained step. Values that are NaN or infinite stay so: the runner looks for them. */
    translate(line: string, job: Json): ForeignLine | null;
  };
  /** What the trainer is at from this line of its output on; null where the line does not say. */
  phaseOf?(line: string): TrainerPhase | null;
  /** A failure that only this trainer's words tell (out of memory, a checkpoint it did not find); null = the common verdict. Also asked after exit code 0. */
  explain?(exit: Exit, log: string): Failed | null;
  /** Execution settings with the same mathematics, each leaner than the one before: what is tried after OutOfMemory. */
  rungs?(execution: Execution): readonly Execution[];
  /** Why a checkpoint of `topology` cannot be resumed by this stage; null = it can. */
  cannotResume?(topology: Manifest['topology'], stage: PlannedStage): string | null;
  topology(job: Json): Manifest['topology'];
  /** After the exporter ended with code 0: looks whether what stands in `folder` is whole. @throws StagewrightError ExportCorrupt. */
  checkExport?(job: Json, folder: string, log: string): Promise<void>;
  /** It can take an order by difficulty over several passes as one way (core/order.ts); others read the rows as they stand. */
  readonly spreadsOrder?: true;
  /** For `plan`: why this trainer cannot run the stage; null = it can. */
  cannot?(stage: PlannedStage, data: { readonly rows: number; readonly withoutResponse: number }): string | null;
  /** For `plan`: what the trainer is told by a job, by its own dotted names. */
  overrides?(job: Json): Readonly<Record<string, string>>;
  /** For `plan`: bytes of one checkpoint and of an export of the model in `modelFolder`. */
  sizes?(modelFolder: string): Promise<{ readonly checkpoint: number; readonly export: number }>;
}

/** The checkpoint that is exported: all of its files by sha256. */
export interface ExportedCheckpoint extends CheckpointFiles {
  readonly files: readonly HashedFile[];
}

/** A line of ours, whose numbers may be NaN or infinite. */
export type ForeignLine = Partial<MetricsLine> & Pick<MetricsLine, 'objective' | 'step'>;
