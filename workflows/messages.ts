/** Queries and updates of the workflows, and their inputs: imported by workflows, workers and clients alike. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Plan, PlannedEvaluation, PlannedStage } from '../core/plan.js';
import type { Answer, CurriculumStatus, StageStatus } from '../core/states.js';
import type { StageResult } from '../core/checkpoint.js';

/** Queue prefix is fixed by the client that starts the run, so that tests and tenants stay apart. */
export interface CurriculumInput {
  readonly plan: Plan;
  readonly queuePrefix: string;
}
export interface StageInput {
  readonly stage: PlannedStage;
  readonly queuePrefix: string;
}
export interface EvaluationInput {
  readonly evaluation: PlannedEvaluation;
  readonly queuePrefix: string;
}

export type StageEnd =
  | { readonly state: 'done'; readonly result: StageResult; readonly attempts: number }
  | { readonly state: 'stopped'; readonly reason: string };

export interface CurriculumEnd {
  readonly state: 'done' | 'stopped';
  readonly status: CurriculumStatus;
}

export const curriculumStatusQuery = defineQuery<CurriculumStatus>('status');
export const stageStatusQuery = defineQuery<StageStatus>('stageStatus');
/** Answers the question of a parked stage; refused, with the reason, when nothing was asked or the choice is not offered. */
export const answerUpdate = defineUpdate<StageStatus, [Answer]>('answer');
