/**
 * One stage: from its parent's verified weights to its own result. The workflow's id is the stage's key, so that equal stages are
 * trained once however many curricula name them.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { Grant } from '../activities/contracts.js';
import { plannedStageSchema } from '../core/plan.js';
import type { Answer, Question, StageState, StageStatus } from '../core/states.js';
import { questionOf, runAttempts } from './attempts.js';
import { stageStatusQuery, type StageEnd, type StageInput } from './messages.js';
import { createParking } from './parking.js';
import { persist } from './persist.js';
import { storeActivities } from './proxies.js';

export async function stageWorkflow(input: StageInput): Promise<StageEnd> {
  const parsed = plannedStageSchema.safeParse(input.stage);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`not a planned stage: ${parsed.error.message}`, 'RecipeInvalid');
  const stage = parsed.data;
  const store = storeActivities(input.queuePrefix);

  let state: StageState = 'queued';
  let attempts = 0;
  let grant: Grant | null = null;
  let lastFailure: string | null = null;
  const status = (): StageStatus => ({
    name: stage.name,
    key: stage.key,
    state,
    reused: false,
    attempts,
    host: grant?.host ?? null,
    epoch: grant?.epoch ?? null,
    step: grant?.resumeFrom?.step ?? null,
    planned_steps: stage.objective.training.steps,
    question: parking.question(),
    last_failure: lastFailure,
    last_control: null,
  });
  const parking = createParking(status, () => {
    state = 'queued';
  });
  setHandler(stageStatusQuery, status);

  const ask = (question: Question): Promise<Answer> => {
    state = 'waiting';
    return parking.ask(question);
  };
  /** A step before training: what parks is asked here, and done again. */
  const step = <T>(work: () => Promise<T>): Promise<T | { readonly stopped: string }> =>
    persist(work, async (failure, tries) => {
      lastFailure = `${failure.type}: ${failure.message}`;
      const answer = await ask(questionOf(failure, tries));
      return answer.choice === 'stop' ? { stopped: `${answer.actor}: ${answer.reason || failure.message}` } : null;
    });
  const stopped = async (reason: string): Promise<StageEnd> => {
    state = 'stopped';
    // Whoever answered `stop` is still to be answered.
    await condition(allHandlersFinished);
    return { state: 'stopped', reason };
  };

  try {
    const data = await step(() => store.prepareData(stage.data));
    if ('stopped' in data) return await stopped(data.stopped);
    const { parent: parentKey } = stage;
    const parent = parentKey === null ? null : await step(() => store.takeOver(parentKey));
    if (parent !== null && 'stopped' in parent) return await stopped(parent.stopped);

    const end = await runAttempts(stage, parent, input.queuePrefix, {
      // Between two attempts lie hours: the parent's bytes are looked at again.
      handOver: async (key) => void (await store.takeOver(key)),
      onQueued: (attempt) => {
        state = 'queued';
        attempts = attempt;
      },
      onGranted: (granted) => {
        state = 'running';
        grant = granted;
        const passed = granted.passedOver[0];
        if (passed !== undefined) lastFailure = `checkpoint of step ${passed.step} passed over: ${passed.reason}`;
      },
      onFailure: (failure) => {
        lastFailure = `${failure.type}: ${failure.message}`;
      },
      ask,
    });
    if (end.kind === 'stopped') return await stopped(end.reason);
    if (end.kind === 'continue') {
      await condition(allHandlersFinished);
      return await continueAsNew<typeof stageWorkflow>(input);
    }
    state = 'done';
    await condition(allHandlersFinished);
    return { state: 'done', result: end.result, attempts };
  } catch (error) {
    state = isCancellation(error) ? 'cancelled' : 'failed';
    throw error;
  }
}
