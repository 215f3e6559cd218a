/**
 * Types of all activities, by domain: what workflows import (types only) and what the factories implement. Everything here is
 * small (references, counts), since it enters history.
 */
import type { CheckpointRef, Owner, StageResult } from '../core/checkpoint.js';
import type { Measured, MeasuredGate } from '../core/gate.js';
import type { SettingChanges } from '../core/amend.js';
import type { PlanChange } from '../core/plan-again.js';
import type { DataWorkPlan, ShardDone } from '../core/data/work.js';
import type { Plan, PlannedData, PlannedEvaluation, PlannedStage } from '../core/plan.js';
import type { StageUpdate } from '../core/control.js';
import type { StageStatus } from '../core/states.js';

/** How another run of the same work ended, as seen by one that waited for it. */
export interface EndedRun {
  readonly ended: 'completed' | 'failed' | 'cancelled' | 'terminated' | 'unknown';
  readonly message: string;
}

export interface ControlActivities {
  /** Waits, with heartbeats, until the run behind `workflowId` has closed. Being cancelled cancels the wait only. */
  awaitRun(workflowId: string): Promise<EndedRun>;
  /** Plans again what follows from a change; pure (core/plan-again.ts), but keys are never made in workflow code. */
  planAgain(input: { plan: Plan; change: PlanChange }): Promise<Plan>;
  /**
   * Passes an update on to a stage's workflow and returns its answer; what the stage refuses fails as UpdateRefused. `id` is the
   * update's own, so that a retried activity never asks twice.
   */
  updateStage(input: {
    workflowId: string;
    /** Of the run that is meant; without it whichever is open under the id. */
    firstExecutionRunId?: string;
    update: StageUpdate;
    input: Readonly<Record<string, unknown>>;
    id: string;
  }): Promise<StageStatus>;
}

/** A checkpoint, and the stage that trained it: the one asked for, or one that it goes on from. */
export interface CheckpointAt extends CheckpointRef {
  readonly key: string;
}
export interface FoundCheckpoints {
  /** Null when there is none, or none of the step, that is whole. */
  readonly checkpoint: CheckpointAt | null;
  /** All steps with a manifest, newest first; damaged ones included. */
  readonly steps: readonly number[];
}

export interface StoreActivities {
  /** The stage's result if it is complete; its bytes are not looked at. */
  findResult(key: string): Promise<StageResult | null>;
  /**
   * Hand-over: the stage's result after its exported bytes were checked against their sha256. A damaged export is made again
   * from the final checkpoint. Fails with ExportCorrupt when that is damaged too.
   */
  takeOver(key: string): Promise<StageResult>;
  /**
   * The newest whole checkpoint of the stage's lineage, or the one of `step`, and the steps that have one. Where the stage goes on
   * from another's checkpoint, that one's lineage belongs to it up to there.
   */
  findCheckpoint(input: {
    stage: PlannedStage;
    step: number | null;
    /**
     * What the checkpoint is pinned for before anything else happens to the stage, whose retention would take it: the stage with
     * these settings, which goes on from it, or the hand-over of its weights.
     */
    hold_for?: SettingChanges | 'hand_over';
  }): Promise<FoundCheckpoints>;
  /**
   * Exports the weights of a checkpoint before its stage is done, under their own key (core/plan.ts checkpointWeightsKey), where
   * `takeOver` finds them like any result. Idempotent.
   */
  exportCheckpoint(input: { stage: PlannedStage; checkpoint: CheckpointAt }): Promise<StageResult>;
}

export interface DataActivities {
  /** Makes the data set if the store has none of this key, and checks every row of it before any training. */
  prepareData(data: PlannedData): Promise<{ rows: number }>;
  /** Every row of the prepared set has a pass rate, or DataInvalid naming the first without. */
  checkPassRates(data: PlannedData): Promise<{ rows: number }>;
  /** The set if the store has it. */
  findData(key: string): Promise<{ rows: number } | null>;
}

/** Making sets that models help to make: what asks them, and what puts their answers together. */
export interface InferenceActivities {
  /** Its inputs must be in the store. */
  planData(data: PlannedData): Promise<DataWorkPlan>;
  /**
   * Asks about 256 rows what one pass asks, and commits the outcomes. Idempotent; no answer that was journaled is asked for again.
   * Fails with EndpointDown or BudgetSpent.
   */
  runDataShard(input: { data: PlannedData; phase: string; shard: number }): Promise<ShardDone>;
  /** Puts the set together from its shards and publishes it. Fails with TooManyUnknown: then shards with unknown rows are open again. */
  assembleData(data: PlannedData): Promise<{ rows: number }>;
}

/** A lease and an epoch on one host. */
export interface Grant {
  readonly host: string;
  readonly hostQueue: string;
  readonly devices: readonly string[];
  readonly epoch: number;
  /** Who claimed the epoch: an earlier attempt's owner when its runner still lived and was adopted. */
  readonly owner: Owner;
  readonly resumeFrom: CheckpointRef | null;
  readonly passedOver: readonly { readonly epoch: number; readonly step: number; readonly reason: string }[];
}
export type Acquired =
  | { readonly kind: 'granted'; readonly grant: Grant }
  /** Somebody finished the stage meanwhile. */
  | { readonly kind: 'finished'; readonly result: StageResult };

export interface AcquireInput {
  readonly stage: PlannedStage;
  readonly owner: Owner;
  readonly queuePrefix: string;
  /** Forget all checkpoints: the answer `restart` of a parked stage. */
  readonly fromStart: boolean;
}

export interface TrainInput {
  readonly stage: PlannedStage;
  readonly grant: Grant;
  /** Result of the parent stage; null when training starts from scratch. */
  readonly parent: StageResult | null;
}
export type TrainEnd =
  | { readonly kind: 'done'; readonly result: StageResult }
  /** Ended at a checkpoint without being told to by this workflow (worker shutdown, unattended): goes on in a new attempt. */
  | { readonly kind: 'interrupted'; readonly reason: string };

/** Where a stopped run was: the difference is what has to be trained again. */
export interface Stopped {
  /** Last trained step; null when it is not known. */
  readonly step: number | null;
  readonly manifest: CheckpointRef | null;
}

export interface ClassActivities {
  /** Device lease and epoch on this host, or NoFreeDevice / EpochHeld (retryable: the server asks the next host). */
  acquireGpu(input: AcquireInput): Promise<Acquired>;
}
export interface HostActivities {
  /** Starts the runner of the grant's epoch or attaches to it, and returns when it has ended. */
  train(input: TrainInput): Promise<TrainEnd>;
  /** Stops whatever of this epoch still runs here and frees its devices. Idempotent. */
  stopRun(input: { key: string; grant: Grant }): Promise<Stopped>;
}

export interface Shard {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}
export interface EvaluationActivities {
  /** The shards still to answer; none when the summary exists. */
  planShards(evaluation: PlannedEvaluation): Promise<{ done: boolean; shards: readonly Shard[] }>;
  answerShard(input: { evaluation: PlannedEvaluation; result: StageResult; shard: Shard }): Promise<void>;
  /** The gate's metric. Fails with GateUnmeasurable where the evaluation or the training log has none of it. */
  measureGate(input: {
    gate: MeasuredGate;
    stage: PlannedStage;
    evaluation: PlannedEvaluation | null;
    /** Of a stage that was skipped: the step whose weights were handed over. What was trained beyond it is not measured. */
    up_to?: number;
  }): Promise<Measured>;
  summarise(input: { evaluation: PlannedEvaluation; result: StageResult; shards: number }): Promise<void>;
}
