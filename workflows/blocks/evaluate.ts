/** Answers a data set with a stage's weights: found in the store, joined, or run as a child. What is measured is in the store. */
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { evaluationId } from '../../core/ids.js';
import type { PlannedEvaluation } from '../../core/plan.js';
import { attributePairs } from '../attributes.js';
import { evaluationWorkflow } from '../evaluation.js';
import { joinOrStart } from '../join.js';
import { placementOf, type Placement } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { controlActivities, storeActivities, workflowQueue } from '../proxies.js';
import { planAlone } from './again.js';
import type { StageWeights } from './run-stage.js';

export interface EvaluateOptions {
  /** The stage whose weights answer: if it was amended or skipped, what it left answers. */
  readonly after?: StageWeights;
  /** Recipe's name, for search attributes. */
  readonly recipe?: string;
}

/**
 * @returns the evaluation that was done; its key finds the summary
 * @example
 * ```ts
 * export async function trainAndLook(see: PlannedStage, look: PlannedEvaluation, placement: Placement): Promise<string> {
 *   const seen = await runStage(see, placement);
 *   if (seen.state === 'stopped') return seen.reason;
 *   return (await evaluate(look, placement, { after: seen })).key;
 * }
 * ```
 */
export async function evaluate(
  planned: PlannedEvaluation,
  placement: Placement,
  { after, recipe }: EvaluateOptions = {},
): Promise<PlannedEvaluation> {
  const evaluation = await answeredBy(planned, placement, after);
  const workflowId = evaluationId(evaluation.key);
  const named = recipe === undefined ? {} : { recipe };
  const what = `${evaluation.stage} on ${evaluation.data.name}`;
  await joinOrStart({
    workflowId,
    start: () =>
      startChild(evaluationWorkflow, {
        workflowId,
        taskQueue: workflowQueue(placement),
        args: [{ evaluation, ...placementOf(placement), ...named }],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: what,
        typedSearchAttributes: attributePairs(placement, {
          ...named,
          stage: evaluation.stage,
          backbone: evaluation.model.name,
        }),
      }),
    control: controlActivities(placement, `${what}: runs elsewhere`),
    find: () =>
      persist(
        async () => ((await storeActivities(placement, what).planShards(evaluation)).done ? evaluation.key : null),
        waitOut(),
      ),
    onStart: () => undefined,
    onJoin: () => undefined,
  });
  return evaluation;
}

async function answeredBy(
  evaluation: PlannedEvaluation,
  placement: Placement,
  after?: StageWeights,
): Promise<PlannedEvaluation> {
  if (after === undefined || evaluation.weights === after.weights) return evaluation;
  const change = { kind: 'hand_over' as const, stage: evaluation.weights, weights: after.weights };
  return (await planAlone(after.stage, change, placement, [evaluation])).evaluation ?? evaluation;
}
