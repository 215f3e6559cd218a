/**
 * Makes one derived data set: its inputs first, then pass by pass and shard by shard, then the whole. The id is the set's key, so
 * that equal sets are made once however many recipes name them. What was committed stays, whoever goes on.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PlannedPhase, ShardDone } from '../core/data/work.js';
import { plannedDataSchema, type PlannedData } from '../core/plan.js';
import { createDataRun, type DataRun } from './data-run.js';
import { createDataControl } from './data-control.js';
import { ensureDerived } from './ensure-data.js';
import { dataStatusQuery, type DataEnd, type DataInput } from './messages.js';
import { inferenceActivities, storeActivities } from './proxies.js';

/** Shards asked at once: enough that a server is never idle, few enough that a worker serves others beside. */
const PARALLEL_SHARDS = 4;

export async function dataWorkflow(input: DataInput): Promise<DataEnd> {
  const parsed = plannedDataSchema.safeParse(input.data);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`not a planned data set: ${parsed.error.message}`, 'RecipeInvalid');
  const run = createDataRun(input, parsed.data);
  setHandler(dataStatusQuery, () => run.status(), { description: 'Where the making of the set stands.' });
  createDataControl(run);
  let whole: boolean;
  try {
    whole = await run.untilStopped(() => make(run));
    await condition(allHandlersFinished);
  } catch (error) {
    run.to(isCancellation(error) ? 'cancelled' : 'failed');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    throw error;
  }
  if (run.stopped !== null) return { state: 'stopped', reason: run.stopped };
  if (whole) {
    run.to('done');
    return { state: 'done', rows: run.rowsMade };
  }
  return await continueAsNew<typeof dataWorkflow>({ ...input, carried: run.carry() });
}

/** False when the history is long: it goes on in a new run. */
async function make(run: DataRun): Promise<boolean> {
  const { data, input } = run;
  if (run.begun === null) {
    run.to('inputs');
    for (const part of data.inputs ?? []) {
      await ensureDerived(part, input, { ask: run.ask, recipe: input.recipe });
      await run.persist(() => storeActivities(input, `${data.name}: ${part.name}`).prepareData(part));
    }
  }
  // Weights that answer are verified, and exported again where they are damaged, before anybody loads them.
  for (const { name, identity } of data.generators ?? [])
    if (identity.kind === 'onnx')
      await run.persist(() => storeActivities(input, `${data.name}: weights of ${name}`).takeOver(identity.weights));
  const plan = await run.persist(() => inferenceActivities(input, data.name).planData(data));
  if (!plan.done) {
    run.begin(plan.phases);
    for (const [i, phase] of plan.phases.entries()) {
      if (i < run.phase) continue;
      if (!(await shards(run, i, phase))) return false;
    }
    run.to('assembling');
  }
  const rows = await assembled(run);
  if (rows === null) return make(run);
  run.rowsMade = rows;
  return true;
}

async function shards(run: DataRun, i: number, phase: PlannedPhase): Promise<boolean> {
  run.enter(i, phase);
  const { input } = run;
  const data = slim(run.data);
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (run.next < phase.shards && failures.length === 0 && !workflowInfo().continueAsNewSuggested) {
    const shard = run.next;
    run.next += 1;
    const what = `${data.name}: ${phase.words}, shard ${shard + 1} of ${phase.shards}`;
    const one: Promise<void> = run
      .persist<ShardDone>(() => inferenceActivities(input, what).runDataShard({ data, phase: phase.name, shard }))
      .then((done) => run.add(done))
      .catch((error: unknown) => void failures.push(error))
      .finally(() => inFlight.delete(one));
    inFlight.add(one);
    if (inFlight.size >= PARALLEL_SHARDS) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
  if (run.next < phase.shards) return false;
  run.leave();
  return true;
}

/** Null where shards with unknown rows have to be asked again first. */
async function assembled(run: DataRun): Promise<number | null> {
  const { data, input } = run;
  let again = false;
  const made = await run.persist(
    async () => {
      if (again) return null;
      return inferenceActivities(input, `${data.name}: put together`).assembleData(data);
    },
    ({ type }) => {
      again = type === 'TooManyUnknown';
    },
  );
  if (made !== null) return made.rows;
  run.askAgain();
  return null;
}

/** What its inputs are made of is nothing to a shard, and each shard's input enters the history. */
function slim({ inputs = [], ...data }: PlannedData): PlannedData {
  return { ...data, inputs: inputs.map(({ name, key, derivation, folder }) => ({ name, key, derivation, folder })) };
}
