/** What a stage decides after each way an attempt can end, on a real server with scripted activities. */
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { stageId } from '../../core/ids.js';
import type { FailureType } from '../../core/failures.js';
import { controlQueue } from '../../core/ids.js';
import type { StageStatus } from '../../core/states.js';
import { answerUpdate, stageStatusQuery, type StageInput } from '../../workflows/messages.js';
import type { stageWorkflow } from '../../workflows/stage.js';
import { openBench, stageOf, type Bench } from './harness.js';
import { Script } from './scripted-activities.js';

let script: Script;
let bench: Bench;
beforeEach(async () => {
  script = new Script();
  bench = await openBench(inject('temporalAddress'), script);
});
afterEach(() => bench.close());

async function start(n = 1): Promise<WorkflowHandle<typeof stageWorkflow>> {
  const stage = stageOf(bench.key(n));
  const input: StageInput = { stage, queuePrefix: bench.prefix };
  return bench.client.workflow.start('stageWorkflow', {
    workflowId: stageId(stage.key),
    taskQueue: controlQueue(bench.prefix),
    args: [input],
  });
}

async function waitFor(
  handle: WorkflowHandle<typeof stageWorkflow>,
  state: StageStatus['state'],
): Promise<StageStatus> {
  for (;;) {
    const status = await handle.query(stageStatusQuery);
    if (status.state === state) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function events(handle: WorkflowHandle<typeof stageWorkflow>): Promise<number> {
  const { events: list } = await handle.fetchHistory();
  return list?.length ?? 0;
}

test('an undisturbed stage takes at most 100 events', async () => {
  const handle = await start();
  await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 1 });
  expect(await events(handle)).toBeLessThanOrEqual(100);
});

test('each further attempt takes at most 40 more events, and progress begins the count of tries anew', async () => {
  const plain = await start(1);
  await plain.result();
  script.acts = Array.from({ length: 4 }, () => ({ do: 'fail', type: 'TrainerExited' }) as const);
  script.resumeSteps = [0, 2, 4, 6, 8];
  const handle = await start(2);
  await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 5 });
  expect((await events(handle)) - (await events(plain))).toBeLessThanOrEqual(4 * 40);
});

test('waiting for a device costs no event', async () => {
  const plain = await start(1);
  await plain.result();
  script.acquireFailures = ['NoFreeDevice', 'NoFreeDevice', 'EpochHeld'];
  const handle = await start(2);
  await handle.result();
  expect(await events(handle)).toBe(await events(plain));
  expect(script.calls.filter((call) => call === 'acquire')).toHaveLength(5);
});

test('out of tries it parks with a question; an answer that is not offered is refused; retry goes on', async () => {
  script.acts = Array.from({ length: 3 }, () => ({ do: 'fail', type: 'TrainerExited' }) as const);
  const handle = await start();
  const status = await waitFor(handle, 'waiting');
  expect(status.question).toMatchObject({ type: 'TrainerExited', choices: ['retry', 'skip', 'stop'] });
  const refused = handle.executeUpdate(answerUpdate, { args: [{ choice: 'restart', actor: 'test', reason: '' }] });
  await expect(refused).rejects.toThrow(WorkflowUpdateFailedError);
  const answered = await handle.executeUpdate(answerUpdate, {
    args: [{ choice: 'retry', actor: 'test', reason: 'fixed' }],
  });
  expect(answered).toMatchObject({ state: 'queued', question: null });
  await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 4 });
});

test.each<FailureType>(['DiskFull', 'ResumeNotHonoured', 'ExportCorrupt', 'StopIncomplete'])(
  '%s parks at once and can be stopped',
  async (type) => {
    script.acts = [{ do: 'fail', type }];
    const handle = await start();
    await waitFor(handle, 'waiting');
    await handle.executeUpdate(answerUpdate, { args: [{ choice: 'stop', actor: 'test', reason: 'enough' }] });
    await expect(handle.result()).resolves.toEqual({ state: 'stopped', reason: 'test: enough' });
  },
);

test('a full disk while the data is made parks before any device is asked for', async () => {
  script.prepareFailures = ['DiskFull'];
  const handle = await start();
  await waitFor(handle, 'waiting');
  expect(script.calls).toEqual([]);
  await handle.executeUpdate(answerUpdate, { args: [{ choice: 'retry', actor: 'test', reason: '' }] });
  await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
});

test.each<FailureType>(['DataInvalid', 'RecipeInvalid', 'DigestMismatch'])('%s fails the stage', async (type) => {
  script.acts = [{ do: 'fail', type }];
  const handle = await start();
  const error = await handle.result().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type });
});

test('an answer to a stage that asked nothing is refused and says what it does', async () => {
  script.acts = [{ do: 'work' }];
  const handle = await start();
  await waitFor(handle, 'running');
  const refused = handle.executeUpdate(answerUpdate, { args: [{ choice: 'retry', actor: 'test', reason: '' }] });
  await expect(refused).rejects.toMatchObject({ cause: { message: 'nothing was asked: the stage is running' } });
  await handle.cancel();
  await handle.result().catch(() => undefined);
});

test('a worker that vanishes is attached to again on the same host, under the same grant', async () => {
  script.acts = [{ do: 'vanish' }, { do: 'finish' }];
  const handle = await start();
  await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 1 });
  expect(script.calls).toEqual(['acquire', 'train', 'train']);
});

test('cancel ends the run as cancelled and cleans up on the host', async () => {
  script.acts = [{ do: 'work' }];
  const handle = await start();
  await waitFor(handle, 'running');
  await new Promise((resolve) => setTimeout(resolve, 500));
  await handle.cancel();
  const error = await handle.result().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
  expect(script.calls).toContain('stopRun');
});

test('a cancel that meets a failing activity still ends as cancelled', async () => {
  script.acts = [{ do: 'vanish' }];
  const handle = await start();
  await waitFor(handle, 'running');
  await handle.cancel();
  const error = await handle.result().catch((e: unknown) => e);
  expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
});
