/**
 * One stage: from its parent's verified weights to its own result. The workflow's id is the stage's key, so that equal stages are
 * trained once however many curricula name them.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { difficultyOf } from '../core/order.js';
import { plannedStageSchema } from '../core/plan.js';
import { noteFailure, questionOf, runAttempts, type Attempted } from './attempts.js';
import { ensureDerived } from './ensure-data.js';
import { stageStatusQuery, type StageEnd, type StageInput } from './messages.js';
import { persist } from './persist.js';
import { storeActivities } from './proxies.js';
import { createStageControl } from './stage-control.js';
import type { StageHold } from './stage-hold.js';
import { createStageRun, type StageRun } from './stage-run.js';

export async function stageWorkflow(input: StageInput): Promise<StageEnd> {
  const parsed = plannedStageSchema.safeParse(input.stage);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`not a planned stage: ${parsed.error.message}`, 'RecipeInvalid');
  const run = createStageRun(input, parsed.data);
  setHandler(stageStatusQuery, () => run.status(), { description: 'Where the stage stands.' });
  const control = createStageControl(run);

  try {
    const end = await toItsEnd(run, control);
    if (end !== null) return end;
  } catch (error) {
    run.to(isCancellation(error) ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    throw error;
  }
  // It ends this run by an error of its own, which is no failure of the stage.
  return await continueAsNew<typeof stageWorkflow>({ ...input, ...goesOn(run) });
}

/** Null when the history is long: it goes on in a new run. */
async function toItsEnd(run: StageRun, control: StageHold): Promise<StageEnd | null> {
  for (;;) {
    const ended = await control.work(() => train(run));
    if (ended?.kind === 'done') {
      run.to('done');
      await condition(allHandlersFinished);
      return { state: 'done', result: ended.result, attempts: run.attempts, ...changed(run) };
    }
    // An update took the device away, or came with the change of runs: it says what follows.
    const over = (): boolean => run.end !== null || (control.free() && (ended === null || allHandlersFinished()));
    // Another waiter may have taken the lock in the same pass of conditions.
    while (!over()) await condition(over);
    if (run.end !== null) {
      await condition(allHandlersFinished);
      return run.end;
    }
    if (ended !== null) return null;
  }
}

async function train(run: StageRun): Promise<Attempted> {
  const { stage } = run;
  const store = storeActivities(run.input, stage.name);
  const { recipe } = run.input;
  // The question is the stage's: it is the one that people see and answer.
  await step(run, () => ensureDerived(stage.data, run.input, { ask: false, recipe }));
  await step(run, () => store.prepareData(stage.data));
  if (difficultyOf(stage.order) !== null && patched('pass-rates'))
    await step(run, () => store.checkPassRates(stage.data));
  const { parent: parentKey } = stage;
  const parent = parentKey === null ? null : await step(run, () => store.takeOver(parentKey));
  // Between two attempts lie hours: the parent's bytes are looked at again.
  return await runAttempts(run, parent, async (key) => void (await store.takeOver(key)));
}

/** A step before training: what parks is asked here, and done again. */
function step<T>(run: StageRun, work: () => Promise<T>): Promise<T> {
  return persist<T, never>(work, async (failure, tries) => {
    noteFailure(run, failure);
    await run.ask(questionOf(failure, tries));
    return null;
  });
}

function goesOn(run: StageRun): Pick<StageInput, 'stage' | 'carried'> {
  const { stage, attempts, lastFailure, lastControl, set } = run;
  return { stage, carried: { attempts, last_failure: lastFailure, last_control: lastControl, set } };
}

function changed({ set }: StageRun): { set?: StageRun['set'] } {
  return Object.keys(set).length === 0 ? {} : { set };
}
