/** Control where one stage ends and another begins: pauses that outlast their stage, runs of the same key, gates of no evaluation. */
import { describe, expect, test } from 'vitest';
import { stageId } from '../../core/ids.js';
import { curriculumStatusQuery, stageStatusQuery } from '../../workflows/messages.js';
import { by, controlFile, refusal, type Started } from './control-file.js';
import {
  curriculumIs,
  historyOf,
  later,
  stageIs,
  startStage,
  tellCurriculum,
  tellStage,
  type StageHandle,
} from './control-support.js';
import type { Act } from './scripted-activities.js';

const file = controlFile();
const { script, trains } = file;

/** The first of two stages is at work. */
async function start(name: string, act: Act = { do: 'work' }): Promise<Started> {
  const started = await file.start(name, [act]);
  await trains(name);
  return started;
}
async function startPaused(name: string) {
  const started = await start(name);
  await tellCurriculum(started.handle, 'pause', by);
  await stageIs(started.stage, 'paused');
  return started;
}
const isKnown = (id: string): Promise<boolean> =>
  file.bench.client.workflow
    .getHandle(stageId(id))
    .describe()
    .then(
      () => true,
      () => false,
    );

describe.concurrent('a paused stage', () => {
  test('that is amended takes no device until resume', async () => {
    const { handle } = await startPaused('held-amend');
    await tellCurriculum(handle, 'amend', { ...by, set: { 'training.learning_rate': 0.01 } });
    const held = await curriculumIs(handle, ({ stages }) => stages[1]?.state === 'paused');
    expect(held.state).toBe('paused');
    expect(held.last_control).toContain('amended while it was paused (ann: why): it stays so until resume');
    expect(await isKnown(held.stages[1]?.key ?? '')).toBe(false);
    await tellCurriculum(handle, 'resume', by);
    const { status } = await handle.result();
    expect(status.stages.map(({ state }) => state)).toEqual(['superseded', 'done', 'done']);
  });
  test('that is skipped holds the next one until resume', async () => {
    const { handle } = await startPaused('held-skip');
    await tellCurriculum(handle, 'skip', { ...by, step: 4 });
    const held = await curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'done');
    expect(held.state).toBe('paused');
    expect(held.last_control).toContain('skipped while it was paused');
    expect(held.stages.map(({ state }) => state)).toEqual(['skipped', 'queued']);
    await tellCurriculum(handle, 'resume', by);
    const { status } = await handle.result();
    expect(status.stages.map(({ state }) => state)).toEqual(['skipped', 'done']);
  });
});

describe.concurrent('past the last stage', () => {
  test('a paused last stage that is skipped holds nothing: the run goes on to its end', async () => {
    const evaluated = later();
    const name = 'last-skip';
    const { handle } = await start(name);
    script.evaluating.set(`${name}-next`, evaluated.promise);
    script.actsOf.set(`${name}-next`, [{ do: 'work' }]);
    await tellCurriculum(handle, 'skip', { ...by, step: 4 });
    await trains(`${name}-next`);
    await tellCurriculum(handle, 'pause', by);
    await curriculumIs(handle, ({ stages }) => stages[1]?.state === 'pausing');
    await tellCurriculum(handle, 'skip', { ...by, step: 4 });
    const now = await curriculumIs(handle, ({ evaluations }) => evaluations[1]?.state === 'running');
    expect(now.state).toBe('running');
    expect(now.last_control).not.toContain('stays so until resume');
    expect(await tellCurriculum(handle, 'pause', by)).toEqual(refusal('no stage follows that could be held back'));
    evaluated.now();
    await expect(handle.result()).resolves.toMatchObject({ state: 'done', status: { state: 'done' } });
  });
});

describe.concurrent('the curriculum’s own word of its stage', () => {
  test('after a pause and a resume it is at work again', async () => {
    const { handle, stage } = await startPaused('resumed');
    script.actsOf.set('resumed', [{ do: 'work' }]);
    await tellCurriculum(handle, 'resume', by);
    await stageIs(stage, 'running');
    const { stages } = await handle.query(curriculumStatusQuery);
    expect(stages[0]).toMatchObject({ state: 'running', last_control: 'resumed by ann: why' });
    await handle.terminate();
    await stage.terminate();
  });
  test('stopped by a person, it has not failed', async () => {
    const { handle } = await start('stopped-by');
    await tellCurriculum(handle, 'stop', by);
    const { status } = await handle.result();
    expect(status.stages[0]).toMatchObject({
      state: 'stopped',
      last_failure: null,
      last_control: 'stopped by ann: why',
    });
  });
});

describe.concurrent('an update of a stage', () => {
  test('never reaches another run of its key', async () => {
    const { handle, first, stage } = await start('other-run');
    const passed = later();
    script.passing.set(stageId(first.key), passed.promise);
    const accepted = later();
    const paused = tellCurriculum(handle, 'pause', by, accepted.now);
    await accepted.promise;
    await tellStage(stage, 'stop', by);
    await stage.result();
    script.actsOf.set('other-run', [{ do: 'work' }]);
    const others = await startStage(file.bench, first);
    await trains('other-run');
    passed.now();
    expect(await paused).toEqual(refusal('the stage has ended meanwhile'));
    expect((await others.query(stageStatusQuery)).state).toBe('running');
    await others.terminate();
  });
  test('waits a limited time for what it asks for; an export is given longer, training is not limited', async () => {
    const { handle, stage } = await start('limits');
    await tellCurriculum(handle, 'amend', { ...by, stage: 'limits-next', set: { 'training.learning_rate': 0.01 } });
    await tellCurriculum(handle, 'skip', { ...by, step: 4 });
    await handle.result();
    const limits = async (of: StageHandle | typeof handle) =>
      Object.fromEntries((await historyOf(of)).scheduled.map(({ activity, limitSeconds }) => [activity, limitSeconds]));
    expect(await limits(stage)).toMatchObject({
      findCheckpoint: 600,
      exportCheckpoint: 7_200,
      train: 0,
      prepareData: 0,
    });
    const first = (await historyOf(handle)).scheduled.find(({ activity }) => activity === 'planAgain');
    expect(first?.limitSeconds).toBe(600);
  });
});

describe.concurrent('a gate that nothing can measure', () => {
  const gates = [{ on: 'evaluation', data: 'typo', min: 0.5 }];
  test('is refused as an amendment, of the stage under way and of a later one', async () => {
    const { handle } = await start('refused');
    for (const [stage, words] of [
      [undefined, 'gates.0.data: "typo" is not evaluated; stage refused is evaluated on: rows'],
      ['refused-next', 'stage refused-next is evaluated on: rows'],
    ] as const)
      expect(await tellCurriculum(handle, 'amend', { ...by, stage, set: { gates } })).toEqual(refusal(words));
    const reward = { gates: [{ on: 'training', metric: 'reward', min: 0.5 }] };
    expect(await tellCurriculum(handle, 'amend', { ...by, set: reward })).toEqual(
      refusal('an SFT stage has no reward'),
    );
    const right = { gates: [{ on: 'evaluation', data: 'rows', min: 0.5 }] };
    expect(await tellCurriculum(handle, 'amend', { ...by, set: right })).toHaveProperty('answer');
    await handle.terminate();
  });
  test('is asked, where the stage’s own workflow was told of it', async () => {
    const told = later();
    const { handle, stage } = await start('asked', { do: 'finish when', told: told.promise });
    await tellStage(stage, 'amend', { ...by, set: { gates } });
    told.now();
    const { question } = await curriculumIs(handle, ({ state }) => state === 'waiting');
    expect(question?.reason).toContain('there is no evaluation of asked on typo');
    await tellCurriculum(handle, 'approve', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
  });
});
