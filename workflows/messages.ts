/** Queries and updates of the workflows, and their inputs: imported by workflows, workers and clients alike. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { StageResult } from '../core/checkpoint.js';
import type { Amend, By, Retry, Skip } from '../core/control.js';
import type { SettingChanges } from '../core/amend.js';
import type { DataStatus, SpentSoFar } from '../core/data/work.js';
import type { CheckpointOf, Plan, PlannedData, PlannedEvaluation, PlannedStage } from '../core/plan.js';
import type { Answer, CurriculumStatus, StageStatus } from '../core/states.js';

/** Where activities and children go, and what the server knows; fixed by whoever starts the run, the same for all its children. */
export interface Placement {
  /** First part of all queue names, so that tests and tenants stay apart. */
  readonly queuePrefix: string;
  /** One queue, named by the prefix, for everything but what must stay on one host: a Worker of one's own with all plugins. */
  readonly oneQueue?: boolean;
  /** Search attributes that the namespace has registered; an unregistered one would block the run for ever. */
  readonly searchAttributes?: readonly string[];
}
/** A placement alone, without what else an input holds: what children are given. */
export function placementOf({ queuePrefix, oneQueue, searchAttributes }: Placement): Placement {
  return {
    queuePrefix,
    ...(oneQueue === undefined ? {} : { oneQueue }),
    ...(searchAttributes === undefined ? {} : { searchAttributes }),
  };
}
export interface CurriculumInput extends Placement {
  readonly plan: Plan;
}
export interface StageInput extends Placement {
  readonly stage: PlannedStage;
  /** For search attributes and the UI only. */
  readonly recipe?: string;
  /** Of the run before, whose history grew long. */
  readonly carried?: Carried;
}
export interface Carried {
  readonly attempts: number;
  readonly last_failure: string | null;
  readonly last_control: string | null;
  readonly set: SettingChanges;
}
export interface EvaluationInput extends Placement {
  readonly evaluation: PlannedEvaluation;
  /** For search attributes and the UI only. */
  readonly recipe?: string;
}

export interface DataInput extends Placement {
  readonly data: PlannedData;
  /** Whether it asks a person where it must (default); else it fails, and whoever started it asks. */
  readonly ask?: boolean;
  /** For search attributes and the UI only. */
  readonly recipe?: string;
  readonly carried?: CarriedData;
}
/** Of the run before, whose history grew long. */
export interface CarriedData {
  readonly rows: number | null;
  readonly rows_done: number;
  readonly spent: SpentSoFar;
  /** By the workflow's clock: the first shard, and the last that was committed. */
  readonly begun: number | null;
  readonly last: number | null;
  readonly phase: number;
  readonly next: number;
}
export type DataEnd =
  { readonly state: 'done'; readonly rows: number } | { readonly state: 'stopped'; readonly reason: string };

/** Settings outside the key that were changed on the way, e.g. gates: whoever started the stage plans with them. */
interface Changed {
  readonly set?: SettingChanges;
}

/** It was paused, and nobody has resumed it: whoever started it takes no device until then. */
interface Held {
  readonly paused?: true;
}

/** How a stage's workflow ended. */
export type StageEnd =
  | ({ readonly state: 'done'; readonly result: StageResult; readonly attempts: number } & Changed)
  | { readonly state: 'stopped'; readonly reason: string }
  /** A checkpoint's weights are handed over in place of the stage's result: `result.key` is theirs, not the stage's. */
  | ({
      readonly state: 'skipped';
      readonly result: StageResult;
      readonly step: number;
      readonly reason: string;
    } & Changed &
      Held)
  /** Its settings were changed: another stage goes on, which whoever started this one plans. */
  | ({
      readonly state: 'superseded';
      /** All changes, those outside the key included. */
      readonly set: SettingChanges;
      /** What the amended stage goes on from; null = from its start, or from `weights`. */
      readonly continues: CheckpointOf | null;
      /** Key under which a checkpoint's weights were exported: a break in lineage. */
      readonly weights: string | null;
      readonly reason: string;
    } & Held);

export interface CurriculumEnd {
  readonly state: 'done' | 'stopped';
  readonly status: CurriculumStatus;
}

export const curriculumStatusQuery = defineQuery<CurriculumStatus>('status');
/** Memo of a curriculum whose plan was changed on the way: the hash of the plan that it goes by. Readable without a worker. */
export const CHANGED_PLAN_MEMO = 'StagewrightChangedPlan';
/** The plan as it is now: amendments and hand-overs included. */
export const curriculumPlanQuery = defineQuery<Plan>('plan');
export const dataStatusQuery = defineQuery<DataStatus>('dataStatus');
export const stageStatusQuery = defineQuery<StageStatus>('stageStatus');

/**
 * Updates of a stage (answered with its status) and, by the same names, of a curriculum (answered with its own). Each is refused,
 * with the reason and what is allowed, where core/control.ts says so; failure type `UpdateRefused`.
 */
export const stageUpdates = {
  pause: defineUpdate<StageStatus, [By]>('pause'),
  resume: defineUpdate<StageStatus, [By]>('resume'),
  retry: defineUpdate<StageStatus, [Partial<Retry> & Pick<By, 'actor'>]>('retry'),
  skip: defineUpdate<StageStatus, [Partial<Skip> & Pick<By, 'actor'>]>('skip'),
  amend: defineUpdate<StageStatus, [Partial<Amend> & Pick<Amend, 'actor' | 'set'>]>('amend'),
  stop: defineUpdate<StageStatus, [By]>('stop'),
} as const;
export const curriculumUpdates = {
  pause: defineUpdate<CurriculumStatus, [By]>('pause'),
  resume: defineUpdate<CurriculumStatus, [By]>('resume'),
  retry: defineUpdate<CurriculumStatus, [Partial<Retry> & Pick<By, 'actor'>]>('retry'),
  skip: defineUpdate<CurriculumStatus, [Partial<Skip> & Pick<By, 'actor'>]>('skip'),
  amend: defineUpdate<CurriculumStatus, [Partial<Amend> & Pick<Amend, 'actor' | 'set'>]>('amend'),
  stop: defineUpdate<CurriculumStatus, [By]>('stop'),
  approve: defineUpdate<CurriculumStatus, [By]>('approve'),
  reject: defineUpdate<CurriculumStatus, [By]>('reject'),
} as const;
/** Of a derived data set in the making. */
export const dataUpdates = {
  retry: defineUpdate<DataStatus, [By]>('retry'),
  stop: defineUpdate<DataStatus, [By]>('stop'),
} as const;
/** Of a gate in a workflow that has no updates of its own (blocks/gate.ts). */
export const gateUpdates = {
  approve: defineUpdate<{ approved: boolean }, [By]>('approve'),
  reject: defineUpdate<{ approved: boolean }, [By]>('reject'),
} as const;
/** The answer to a parked stage's question by its choice; `retry`, `skip` and `stop` say the same. Kept for runs of version 0.1. */
export const answerUpdate = defineUpdate<StageStatus, [Answer]>('answer');
