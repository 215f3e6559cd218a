/** Greedy answers of one stage's weights over one data set, in shards that are each durable; ends when the summary is stored. */
import { ApplicationFailure } from '@temporalio/workflow';
import { plannedEvaluationSchema, type PlannedEvaluation } from '../core/plan.js';
import { ensureDerived } from './ensure-data.js';
import type { EvaluationInput, Placement } from './messages.js';
import { persist, waitOut } from './persist.js';
import { storeActivities } from './proxies.js';

/** Shards answered at once: two keep the small worker's cores busy while one waits for files. */
const PARALLEL_SHARDS = 2;

export async function evaluationWorkflow(input: EvaluationInput): Promise<{ key: string }> {
  const parsed = plannedEvaluationSchema.safeParse(input.evaluation);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`not a planned evaluation: ${parsed.error.message}`, 'RecipeInvalid');
  const evaluation = parsed.data;
  await persist(() => answerAll(evaluation, input), waitOut());
  return { key: evaluation.key };
}

async function answerAll(
  evaluation: PlannedEvaluation,
  placement: Placement & Pick<EvaluationInput, 'recipe'>,
): Promise<void> {
  const store = storeActivities(placement, `${evaluation.stage} on ${evaluation.data.name}`);
  // What would park is waited out: an evaluation asks nobody.
  await ensureDerived(evaluation.data, placement, { ask: false, recipe: placement.recipe });
  await store.prepareData(evaluation.data);
  const plan = await store.planShards(evaluation);
  if (plan.done) return;
  const result = await store.takeOver(evaluation.weights);
  const queue = [...plan.shards];
  const lane = async (): Promise<void> => {
    for (let shard = queue.shift(); shard !== undefined; shard = queue.shift())
      await store.answerShard({ evaluation, result, shard });
  };
  await Promise.all(Array.from({ length: PARALLEL_SHARDS }, lane));
  await store.summarise({ evaluation, result, shards: plan.shards.length });
}
