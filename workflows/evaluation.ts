/** Greedy answers of one stage's weights over one data set, in shards that are each durable; ends when the summary is stored. */
import { ApplicationFailure, setCurrentDetails, sleep } from '@temporalio/workflow';
import { FAILURES } from '../core/failures.js';
import { plannedEvaluationSchema, type PlannedEvaluation } from '../core/plan.js';
import { classify } from './failure.js';
import type { EvaluationInput } from './messages.js';
import { storeActivities } from './proxies.js';

/** Shards answered at once: two keep the small worker's cores busy while one waits for files. */
const PARALLEL_SHARDS = 2;
const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3_600;

export async function evaluationWorkflow(input: EvaluationInput): Promise<{ key: string }> {
  const parsed = plannedEvaluationSchema.safeParse(input.evaluation);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`not a planned evaluation: ${parsed.error.message}`, 'RecipeInvalid');
  const evaluation = parsed.data;
  for (let wait = FIRST_WAIT_SECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_SECONDS)) {
    try {
      await evaluate(evaluation, input.queuePrefix);
      return { key: evaluation.key };
    } catch (error) {
      const failure = classify(error);
      // What would park a stage (a full disk, say) holds no device here: it is waited for, and shown in the UI meanwhile.
      if (FAILURES[failure.type].verdict.kind !== 'park')
        throw ApplicationFailure.nonRetryable(failure.message, failure.type);
      setCurrentDetails(`${failure.type}: ${failure.message} Trying again in ${wait} s.`);
      await sleep(wait * 1_000);
    }
  }
}

async function evaluate(evaluation: PlannedEvaluation, queuePrefix: string): Promise<void> {
  const store = storeActivities(queuePrefix);
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
