/**
 * Runs a planned stage to its end, however often it is amended on the way: found in the store, joined where another runs it, or
 * started as a child. It knows nothing of other stages, evaluations and gates.
 */
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { assertNever } from '../../core/assert-never.js';
import type { SettingChanges } from '../../core/amend.js';
import type { StageResult } from '../../core/checkpoint.js';
import { stageId } from '../../core/ids.js';
import type { PlanChange } from '../../core/plan-again.js';
import type { PlannedStage } from '../../core/plan.js';
import { attributePairs } from '../attributes.js';
import { ofChild } from '../failure.js';
import { joinOrStart, type Joined } from '../join.js';
import { placementOf, type Placement, type StageEnd } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { controlActivities, storeActivities, workflowQueue } from '../proxies.js';
import { stageWorkflow } from '../stage.js';
import { planAlone } from './again.js';

/** A stage that left weights. `weights` is their key: the stage's own, or of the checkpoint that was handed over instead. */
export type StageWeights = {
  /** As it ended: amended, if it was. */
  readonly stage: PlannedStage;
  readonly weights: string;
  /** Where the weights are, and the checkpoint that they were made from. */
  readonly result: StageResult;
} & (
  | { readonly state: 'done'; readonly reused: boolean; readonly attempts: number }
  /** `paused`: it was, and nobody has resumed it: whoever goes on should wait for that. */
  | { readonly state: 'skipped'; readonly step: number; readonly reason: string; readonly paused: boolean }
);
export type StageOutcome =
  StageWeights | { readonly state: 'stopped'; readonly stage: PlannedStage; readonly reason: string };

export interface RunStageOptions {
  /** The stage that it was planned to start from: if that was amended or skipped, this one starts from what it left. */
  readonly after?: StageWeights;
  /** Recipe's name, for search attributes. */
  readonly recipe?: string;
  /** Told when it is started, with the id of its first run, or when a run of somebody else's is joined. */
  readonly onRun?: (stage: PlannedStage, whose: 'own' | 'joined', runId?: string) => void;
  /** Around the start of the child, e.g. to hold it back. */
  readonly starting?: <T>(start: () => Promise<T>) => Promise<T>;
  /** Plans a change of the stage and returns it as it is then; without it the stage is planned again by itself. */
  readonly planAgain?: (stage: PlannedStage, change: PlanChange, end: StageEnd) => Promise<PlannedStage>;
}

/**
 * @example
 * ```ts
 * export async function twoStages(see: PlannedStage, think: PlannedStage, placement: Placement): Promise<string> {
 *   const seen = await runStage(see, placement);
 *   if (seen.state === 'stopped') return seen.reason;
 *   const thought = await runStage(think, placement, { after: seen });
 *   return thought.state === 'stopped' ? thought.reason : thought.weights;
 * }
 * ```
 */
export async function runStage(
  planned: PlannedStage,
  placement: Placement,
  options: RunStageOptions = {},
): Promise<StageOutcome> {
  const again = async (stage: PlannedStage, change: PlanChange, end: StageEnd): Promise<PlannedStage> =>
    options.planAgain?.(stage, change, end) ?? (await planAlone(stage, change, placement)).stage;
  let stage = await startingFrom(planned, placement, options.after);
  for (;;) {
    const joined = await childOf(stage, placement, options);
    if (joined.kind === 'found')
      return { state: 'done', stage, weights: stage.key, result: joined.value, reused: true, attempts: 0 };
    const { end } = joined;
    switch (end.state) {
      case 'stopped':
        return { state: 'stopped', stage, reason: end.reason };
      case 'superseded': {
        const { set, continues, weights } = end;
        stage = await again(stage, { kind: 'amend', stage: stage.key, set, continues, weights }, end);
        continue;
      }
      case 'done':
      case 'skipped': {
        const { result } = end;
        if (hasAny(end.set)) stage = await again(stage, outsideKey(stage, end.set), end);
        const left = { stage, weights: result.key, result };
        return end.state === 'done'
          ? { ...left, state: 'done', reused: false, attempts: end.attempts }
          : { ...left, state: 'skipped', step: end.step, reason: end.reason, paused: end.paused === true };
      }
      default:
        return assertNever(end);
    }
  }
}

async function startingFrom(stage: PlannedStage, placement: Placement, after?: StageWeights): Promise<PlannedStage> {
  if (after === undefined || stage.parent === null || stage.parent === after.weights) return stage;
  const change = { kind: 'hand_over' as const, stage: stage.parent, weights: after.weights };
  return (await planAlone(stage, change, placement)).stage;
}

async function childOf(
  stage: PlannedStage,
  placement: Placement,
  { recipe, onRun, starting = (start) => start() }: RunStageOptions,
): Promise<Joined<StageResult, StageEnd>> {
  const workflowId = stageId(stage.key);
  const named = recipe === undefined ? {} : { recipe };
  try {
    return await joinOrStart({
      workflowId,
      start: () =>
        starting(() =>
          startChild(stageWorkflow, {
            workflowId,
            taskQueue: workflowQueue(placement),
            args: [{ stage, ...placementOf(placement), ...named }],
            parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
            staticSummary: `${stage.name}: ${stage.objective.kind}, ${stage.objective.training.steps} steps`,
            typedSearchAttributes: attributePairs(placement, {
              ...named,
              stage: stage.name,
              backbone: stage.model.name,
              status: 'queued',
            }),
          }),
        ),
      control: controlActivities(placement, `${stage.name}: runs elsewhere`),
      find: () => persist(() => storeActivities(placement, stage.name).findResult(stage.key), waitOut()),
      onStart: (runId) => onRun?.(stage, 'own', runId),
      onJoin: () => onRun?.(stage, 'joined'),
    });
  } catch (error) {
    throw ofChild(error);
  }
}

function outsideKey(stage: PlannedStage, set: SettingChanges): PlanChange {
  return { kind: 'amend', stage: stage.key, set, continues: stage.continues ?? null, weights: null };
}

function hasAny(set: SettingChanges | undefined): set is SettingChanges {
  return set !== undefined && Object.keys(set).length > 0;
}
