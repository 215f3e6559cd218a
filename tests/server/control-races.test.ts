/** Updates that meet each other, the end of training or a grant on its way: what they answer is what became of the run. */
import { randomInt } from 'node:crypto';
import type { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { sealStage } from '../../core/plan.js';
import { curriculumPlanQuery, curriculumStatusQuery, stageStatusQuery } from '../../workflows/messages.js';
import { by, controlFile, refusal } from './control-file.js';
import {
  curriculumIs,
  historyOf,
  key,
  later,
  stageIs,
  startCurriculum,
  startStage,
  tellCurriculum,
  tellStage,
  until,
} from './control-support.js';
import { evaluationOf, planOf, stageOf } from './harness.js';

const file = controlFile();
const { script, trains } = file;

describe.concurrent('two updates', () => {
  test('a pause that waited for an amend outside the key holds the stage', async () => {
    const saved = later();
    script.actsOf.set('behind', [{ do: 'work', saved: saved.promise }, { do: 'work' }]);
    const handle = await startStage(file.bench, stageOf(key(), 'behind'));
    await trains('behind');
    const first = later();
    const second = later();
    const amended = tellStage(handle, 'amend', { ...by, set: { 'execution.threads': 2 } }, first.now);
    await first.promise;
    const paused = tellStage(handle, 'pause', { actor: 'bob' }, second.now);
    await second.promise;
    saved.now();
    expect(await amended).toMatchObject({ answer: { last_control: expect.stringContaining('amended') as string } });
    expect(await paused).toMatchObject({ answer: { state: 'paused' } });
    // Nothing was begun with the pause's own answer.
    const prepared = (await historyOf(handle)).scheduled.filter(({ activity }) => activity === 'prepareData');
    expect(prepared).toHaveLength(1);
    await handle.terminate();
  });

  test('a later stage that is amended twice at its very start is trained as the plan says', async () => {
    const seed = randomInt(2 ** 31);
    const one = sealStage({ ...stageOf(key(), 'twice'), seed });
    const two = sealStage({ ...stageOf(key(), 'twice-2', one.key), seed });
    const three = sealStage({ ...stageOf(key(), 'twice-3', two.key), seed });
    const evaluated = later();
    script.evaluating.set('twice', evaluated.promise);
    script.actsOf.set('twice-2', [{ do: 'work' }]);
    const plan = { ...planOf('twice', [one, two, three], key()), evaluations: [evaluationOf(one, key())] };
    const handle = await startCurriculum(file.bench, plan);
    await curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'running');
    const planned = later();
    script.planning.set('twice', planned.promise);
    const first = later();
    const second = later();
    const rate = 'training.learning_rate';
    const a = tellCurriculum(handle, 'amend', { ...by, stage: 'twice-3', set: { [rate]: 0.02 } }, first.now);
    await first.promise;
    const b = tellCurriculum(handle, 'amend', { ...by, stage: 'twice-2', set: { [rate]: 0.03 } }, second.now);
    await second.promise;
    evaluated.now();
    await curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'done');
    planned.now();
    expect(await a).toHaveProperty('answer');
    expect(await b).toHaveProperty('answer');
    await trains('twice-2');
    const { stages } = await handle.query(curriculumPlanQuery);
    expect(stages.map(({ objective }) => objective.training.learning_rate)).toEqual([0.001, 0.03, 0.02]);
    expect(stages[2]?.parent).toBe(stages[1]?.key);
    const rows = (await handle.query(curriculumStatusQuery)).stages;
    expect(rows.map(({ key: id, state }) => [id, state])).toEqual([
      [one.key, 'done'],
      [stages[1]?.key, 'running'],
      [stages[2]?.key, 'queued'],
    ]);
    await handle.terminate();
  });

  test('a skip whose export outlasts training is refused: the stage is done', async () => {
    const told = later();
    const exported = later();
    script.actsOf.set('outlasts', [{ do: 'finish when', told: told.promise }]);
    const stage = stageOf(key(), 'outlasts');
    script.exportingOf.set(stage.key, exported.promise);
    const handle = await startStage(file.bench, stage);
    await trains('outlasts');
    const skipped = tellStage(handle, 'skip', { ...by, step: 4 });
    await until(async () => script.calls.includes('export 4'));
    told.now();
    await stageIs(handle, 'done');
    exported.now();
    expect(await skipped).toEqual(refusal('ended meanwhile: it is done'));
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
  });
});

describe.concurrent('while a named checkpoint is exported', () => {
  const exports = async (name: string) => {
    const started = await file.start(name, [{ do: 'work' }]);
    await trains(name);
    const exported = later();
    script.exportingOf.set(started.first.key, exported.promise);
    const skipped = tellCurriculum(started.handle, 'skip', { ...by, step: 4 });
    await until(async () =>
      (await historyOf(started.stage)).scheduled.some((one) => one.activity === 'exportCheckpoint'),
    );
    return { ...started, exported, skipped };
  };
  test('a stop is carried out, and the export given up', async () => {
    const { handle, skipped, exported } = await exports('stop-export');
    expect(await tellCurriculum(handle, 'stop', by)).toMatchObject({ answer: { state: 'stopped' } });
    expect(await skipped).toEqual(refusal('the stage ended meanwhile: it is stopped'));
    await expect(handle.result()).resolves.toMatchObject({ state: 'stopped' });
    exported.now();
  });
  test('a pause frees the device; the skip then hands over what was exported, and the run stays paused', async () => {
    const { handle, stage, exported, skipped } = await exports('pause-export');
    expect(await tellCurriculum(handle, 'pause', by)).toHaveProperty('answer');
    await stageIs(stage, 'paused');
    exported.now();
    expect(await skipped).toHaveProperty('answer');
    await curriculumIs(handle, ({ state, evaluations }) => state === 'paused' && evaluations[0]?.state === 'done');
    await tellCurriculum(handle, 'resume', by);
    const { status } = await handle.result();
    expect(status.stages.map(({ state }) => state)).toEqual(['skipped', 'done']);
  });
  test('a cancel ends both', async () => {
    const { handle, skipped, exported } = await exports('cancel-export');
    await handle.cancel();
    const error = await handle.result().catch((e: unknown) => e);
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
    expect(await skipped).not.toHaveProperty('answer');
    exported.now();
  });
});

describe.concurrent('a grant on its way', () => {
  const asksForDevice = async (name: string) => {
    const granted = later();
    script.granting.set(name, granted.promise);
    script.actsOf.set(name, [{ do: 'work' }]);
    const stage = stageOf(key(), name);
    const handle = await startStage(file.bench, stage);
    await until(async () => script.asked.has(name));
    return { granted, stage, handle };
  };
  test('is given back by a pause, which is answered afterwards', async () => {
    const { granted, stage, handle } = await asksForDevice('grant-pause');
    const accepted = later();
    const paused = tellStage(handle, 'pause', by, accepted.now);
    await accepted.promise;
    granted.now();
    expect(await paused).toMatchObject({ answer: { state: 'paused' } });
    expect(script.stops).toContainEqual({ key: stage.key, epoch: 1 });
    expect(script.training.has('grant-pause')).toBe(false);
    await handle.terminate();
  });
  test('is given back by a cancel', async () => {
    const { granted, stage, handle } = await asksForDevice('grant-cancel');
    await handle.cancel();
    await until(async () => (await historyOf(handle)).cancelRequests > 0);
    granted.now();
    const error = await handle.result().catch((e: unknown) => e);
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
    expect(script.stops).toContainEqual({ key: stage.key, epoch: 1 });
  });
});

describe.concurrent('what a pause says', () => {
  test('of a stage that continues another and has no checkpoint of its own yet', async () => {
    script.actsOf.set('continues', [{ do: 'work' }]);
    const stage = { ...stageOf(key(), 'continues'), continues: { key: key(), step: 4 } };
    script.stoppedAt.set(stage.key, { step: 9, manifest: null });
    const handle = await startStage(file.bench, stage);
    await trains('continues');
    await tellStage(handle, 'pause', by);
    expect((await stageIs(handle, 'paused')).last_control).toContain('at step 9 (5 steps to be done again)');
    await handle.terminate();
  });
  test('of a run that could not be stopped', async () => {
    script.actsOf.set('survives', [{ do: 'work' }]);
    const stage = stageOf(key(), 'survives');
    script.unstoppable.set(stage.key, 'StopIncomplete');
    const handle = await startStage(file.bench, stage);
    await trains('survives');
    await tellStage(handle, 'pause', by);
    await stageIs(handle, 'paused');
    expect((await handle.query(stageStatusQuery)).last_control).toContain(
      'its device may still be taken: StopIncomplete: StopIncomplete by script',
    );
    await handle.terminate();
  });
});
