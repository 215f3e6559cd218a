/**
 * What the data workflow decides, with scripted activities on a real server: inputs first, each shard once, questions where a person
 * must choose (its own, or the stage's that needs the set), one making however many want it. Real models are data-campaign's.
 */
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it, test } from 'vitest';
import { controlQueue, curriculumId, dataId, stageId } from '../../core/ids.js';
import type { Plan, PlannedData } from '../../core/plan.js';
import type { CurriculumStatus } from '../../core/states.js';
import {
  curriculumUpdates,
  dataStatusQuery,
  dataUpdates,
  stageStatusQuery,
  type DataEnd,
  type DataInput,
} from '../../workflows/messages.js';
import { found } from '../support/cluster.js';
import { filteredOf, openBench, planOf, stageOf, type Bench } from './harness.js';
import { Script } from './scripted-activities.js';

let script: Script;
let bench: Bench;
beforeAll(async () => {
  script = new Script();
  bench = await openBench(inject('temporalAddress'), script);
});
afterAll(() => bench.close());

const BY = { actor: 'ann', reason: 'by test' };
let keys = 100;
const nextKey = (): string => bench.key((keys += 1));

function plain(): PlannedData {
  return { ...stageOf(nextKey()).data, key: nextKey() };
}
function start(data: PlannedData, more: Partial<DataInput> = {}): Promise<{ result(): Promise<DataEnd> }> {
  const input: DataInput = { data, queuePrefix: bench.prefix, ...more };
  return bench.client.workflow.start('dataWorkflow', {
    workflowId: dataId(data.key),
    taskQueue: controlQueue(bench.prefix),
    args: [input],
  });
}
const handleOf = ({ key }: PlannedData): ReturnType<Bench['client']['workflow']['getHandle']> =>
  bench.client.workflow.getHandle(dataId(key));

it('makes inputs before the set, and asks for each shard of each pass once', async () => {
  const inner = filteredOf(nextKey(), plain(), 'inner');
  const outer = filteredOf(nextKey(), inner, 'outer');
  script.calls.length = 0;
  const handle = await start(outer);
  expect(await handle.result()).toEqual({ state: 'done', rows: 4 });
  const shards = (name: string): string[] =>
    ['image-0', 'caption-0'].flatMap((phase) => [0, 1, 2, 3, 4, 5].map((n) => `${name} ${phase} ${n}`));
  expect(script.calls.filter((call) => call.startsWith('inner ')).sort()).toEqual(shards('inner').sort());
  expect(script.calls.filter((call) => call.startsWith('outer ')).sort()).toEqual(shards('outer').sort());
  expect(script.calls.indexOf('assemble inner')).toBeLessThan(script.calls.indexOf('outer image-0 0'));
  expect(await handleOf(outer).query(dataStatusQuery)).toMatchObject({
    state: 'done',
    rows: 12,
    rows_done: 12,
    spent: { requests: 12, prompt_tokens: 36, completion_tokens: 24, cost: 6 },
  });
});

it('alone, it asks where a person must choose: retry goes on with the shard, stop ends it', async () => {
  const data = filteredOf(nextKey(), plain(), 'alone');
  script.shardFailures = ['EndpointDown'];
  const handle = await start(data);
  const waiting = async (): Promise<true | undefined> =>
    (await handleOf(data).query(dataStatusQuery)).state === 'waiting' ? true : undefined;
  await found(waiting);
  const { question } = await handleOf(data).query(dataStatusQuery);
  expect(question).toMatchObject({ type: 'EndpointDown', choices: ['retry', 'stop'] });
  await handleOf(data).executeUpdate(dataUpdates.retry, { args: [BY] });
  expect(await handle.result()).toEqual({ state: 'done', rows: 4 });

  const stopped = filteredOf(nextKey(), plain(), 'stopped');
  script.shardFailures = ['BudgetSpent'];
  const other = await start(stopped);
  await found(async () => ((await handleOf(stopped).query(dataStatusQuery)).state === 'waiting' ? true : undefined));
  await expect(handleOf(stopped).executeUpdate(dataUpdates.retry, { args: [{ ...BY, actor: '' }] })).rejects.toThrow();
  await handleOf(stopped).executeUpdate(dataUpdates.stop, { args: [BY] });
  expect(await other.result()).toEqual({ state: 'stopped', reason: 'stopped by ann: by test' });
});

it('asks all passes again after too many unknown: what is committed answers at once', async () => {
  const data = filteredOf(nextKey(), plain(), 'holes');
  script.assembleFailures = ['TooManyUnknown'];
  script.calls.length = 0;
  const handle = await start(data);
  await found(async () => ((await handleOf(data).query(dataStatusQuery)).state === 'waiting' ? true : undefined));
  await handleOf(data).executeUpdate(dataUpdates.retry, { args: [BY] });
  expect(await handle.result()).toEqual({ state: 'done', rows: 4 });
  expect(script.calls.filter((call) => call === 'holes image-0 0')).toHaveLength(2);
});

async function run(plan: Plan): Promise<ReturnType<Bench['client']['workflow']['getHandle']>> {
  return bench.client.workflow.start('curriculumWorkflow', {
    workflowId: curriculumId(plan.recipe, plan.hash),
    taskQueue: controlQueue(bench.prefix),
    args: [{ plan, queuePrefix: bench.prefix }],
  });
}

test('a stage whose data cannot be made asks, and the curriculum’s `retry` answers', async () => {
  const data = filteredOf(nextKey(), plain(), 'needed');
  const stage = { ...stageOf(nextKey(), 'sees'), data };
  script.shardFailures = ['EndpointDown'];
  const handle = await run(planOf(`asks-${bench.prefix}`, [stage], nextKey()));
  const status = await found(async () => {
    const own = await bench.client.workflow
      .getHandle(stageId(stage.key))
      .query(stageStatusQuery)
      .catch(() => undefined);
    return own?.state === 'waiting' ? own : undefined;
  });
  expect(status.question).toMatchObject({ type: 'EndpointDown' });
  expect(status.question?.question).toContain('retry: ask what has no answer yet');
  await handle.executeUpdate(curriculumUpdates.retry, { args: [BY] });
  const end = (await handle.result()) as { status: CurriculumStatus };
  expect(end.status.stages[0]?.state).toBe('done');
});

test('two curricula that need one set have it made once', async () => {
  const data = filteredOf(nextKey(), plain(), 'shared');
  let release = (): void => undefined;
  script.asking.set('shared', new Promise((resolve) => (release = resolve)));
  script.calls.length = 0;
  const stages = ['first', 'second'].map((name) => ({ ...stageOf(nextKey(), name), data }));
  const handles = await Promise.all(
    stages.map((stage) => run(planOf(`${stage.name}-${bench.prefix}`, [stage], nextKey()))),
  );
  await found(() => (script.calls.includes('shared image-0 3') ? true : undefined));
  release();
  await Promise.all(handles.map((handle) => handle.result()));
  expect(script.calls.filter((call) => call.startsWith('shared image-0')).sort()).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => `shared image-0 ${n}`),
  );
});

test('cancelling a curriculum ends the making of its data', async () => {
  const data = filteredOf(nextKey(), plain(), 'cancelled');
  script.asking.set('cancelled', new Promise(() => undefined));
  const stage = { ...stageOf(nextKey(), 'never'), data };
  const handle = await run(planOf(`cancels-${bench.prefix}`, [stage], nextKey()));
  await found(() => (script.calls.includes('cancelled image-0 0') ? true : undefined));
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
  await expect(handleOf(data).result()).rejects.toThrow(WorkflowFailedError);
  expect((await handleOf(data).describe()).status.name).toBe('CANCELLED');
});
