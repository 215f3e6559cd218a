/** Joining: stages that several curricula name are trained once, and nobody's cancel reaches another's stage. */
import type { WorkflowFailedError } from '@temporalio/client';
import { type WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { controlQueue, curriculumId } from '../../core/ids.js';
import type { PlannedStage } from '../../core/plan.js';
import type { curriculumWorkflow } from '../../workflows/curriculum.js';
import { curriculumStatusQuery, type CurriculumInput } from '../../workflows/messages.js';
import { openBench, planOf, stageOf, type Bench } from './harness.js';
import { Script } from './scripted-activities.js';

let script: Script;
let bench: Bench;
beforeEach(async () => {
  script = new Script();
  bench = await openBench(inject('temporalAddress'), script);
});
afterEach(() => bench.close());

async function start(recipe: string, stages: PlannedStage[]): Promise<WorkflowHandle<typeof curriculumWorkflow>> {
  const plan = planOf(recipe, stages, bench.key(99));
  const input: CurriculumInput = { plan, queuePrefix: bench.prefix };
  return bench.client.workflow.start('curriculumWorkflow', {
    workflowId: curriculumId(recipe, plan.hash),
    taskQueue: controlQueue(bench.prefix),
    args: [input],
  });
}
const shared = (): PlannedStage => stageOf(bench.key(1), 'base');
const trained = (): number => script.calls.filter((call) => call === 'train').length;

test('stages run in order and the end tells each', async () => {
  const second = stageOf(bench.key(2), 'next', bench.key(1));
  const end = await (await start('order', [shared(), second])).result();
  expect(end.status.stages.map(({ name, state, reused }) => ({ name, state, reused }))).toEqual([
    { name: 'base', state: 'done', reused: false },
    { name: 'next', state: 'done', reused: false },
  ]);
  expect(trained()).toBe(2);
});

test('a finished plan runs again without training anything', async () => {
  await (await start('again', [shared()])).result();
  const end = await (await start('again', [shared()])).result();
  expect(end.status.stages[0]).toMatchObject({ state: 'done', reused: true });
  expect(trained()).toBe(1);
});

test('two curricula that name the same stage train it once', async () => {
  script.acts = [{ do: 'vanish' }, { do: 'finish' }];
  const first = await start('first', [shared()]);
  const second = await start('second', [shared()]);
  const ends = await Promise.all([first.result(), second.result()]);
  expect(ends.map((end) => end.state)).toEqual(['done', 'done']);
  // The vanished attempt and the one that attached again: one stage, not two.
  expect(script.calls.filter((call) => call === 'acquire')).toHaveLength(1);
});

test('cancelling the curriculum that joined leaves the stage to its owner', async () => {
  script.acts = [{ do: 'vanish' }, { do: 'finish' }];
  const owner = await start('owner', [shared()]);
  await until(async () => trained() > 0);
  const guest = await start('guest', [shared()]);
  await until(async () => (await guest.query(curriculumStatusQuery)).stages[0]?.reused === true);
  await guest.cancel();
  const error = await guest.result().catch((e: unknown) => e);
  expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
  await expect(owner.result()).resolves.toMatchObject({ state: 'done' });
});

test('when the owner of a joined stage is cancelled, the guest trains it under the same key', async () => {
  script.acts = [{ do: 'work' }, { do: 'finish' }];
  const owner = await start('owner', [shared()]);
  await until(async () => trained() > 0);
  const guest = await start('guest', [shared()]);
  await until(async () => (await guest.query(curriculumStatusQuery)).stages[0]?.reused === true);
  await owner.cancel();
  await owner.result().catch(() => undefined);
  await expect(guest.result()).resolves.toMatchObject({ state: 'done' });
  expect(trained()).toBe(2);
});

test('a stage that fails fails its curriculum with its own type and words', async () => {
  script.acts = [{ do: 'fail', type: 'DataInvalid' }];
  const error = await (await start('bad', [shared()])).result().catch((e: unknown) => e);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'DataInvalid', message: 'DataInvalid by script' });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}
