/** What a person's updates do to a running stage beyond its state: what is stopped, what is lost, what is handed over, what is refused. */
import type { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stageId } from '../../core/ids.js';
import { answerUpdate, stageStatusQuery } from '../../workflows/messages.js';
import { key, later, stageIs, startStage, tellStage, until, type StageHandle } from './control-support.js';
import { openBench, stageOf, type Bench } from './harness.js';
import { Script, type Act } from './scripted-activities.js';

let bench: Bench;
const script = new Script();
beforeAll(async () => {
  script.checkpoints = [
    { epoch: 1, step: 4 },
    { epoch: 1, step: 8 },
  ];
  script.stopped = { step: 9, manifest: { epoch: 1, step: 8 } };
  bench = await openBench(inject('temporalAddress'), script);
});
afterAll(() => bench.close());

const by = { actor: 'ann', reason: 'why' };
async function start(name: string, acts: Act[], more: object = {}): Promise<StageHandle> {
  script.actsOf.set(name, acts);
  return startStage(bench, { ...stageOf(key(), name), ...more });
}
const trains = (name: string) => until(async () => script.training.has(name));
/** A stage at work. */
async function atWork(name: string, more: object = {}): Promise<StageHandle> {
  const handle = await start(name, [{ do: 'work' }], more);
  await trains(name);
  return handle;
}
const refusal = (words: string) => ({ refused: expect.stringContaining(words) as string });

describe.concurrent('pause', () => {
  test('stops the run, says what has to be done again, and resume goes on with a new attempt', async () => {
    const handle = await atWork('pause');
    await tellStage(handle, 'pause', by);
    const paused = await stageIs(handle, 'paused');
    expect(paused.last_control).toBe('paused by ann: why at step 9 (1 step to be done again)');
    expect(paused.step).toBe(8);
    expect(script.training.has('pause')).toBe(false);
    await tellStage(handle, 'resume', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 2 });
  });

  test('that meets a device being granted gives it back and is a pause', async () => {
    const granted = later();
    script.acquiring.set('granted', granted.promise);
    const handle = await start('granted', []);
    await until(async () => script.calls.includes('acquiring granted'));
    // The grant comes after the pause has cancelled the asking for it.
    const paused = await tellStage(handle, 'pause', by, granted.now);
    expect(paused).toMatchObject({ answer: { state: 'paused' } });
    expect(script.stops.some(({ key: stopped }) => handle.workflowId === stageId(stopped))).toBe(true);
    await tellStage(handle, 'resume', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 2 });
  });

  test('that meets the end of training leaves the stage done, and a resume that waited for it is refused', async () => {
    const saved = later();
    const handle = await start('meets-end', [{ do: 'work', saved: saved.promise, finishes: true }]);
    await trains('meets-end');
    await tellStage(handle, 'pause', by);
    const resumed = await tellStage(handle, 'resume', by, saved.now);
    expect(resumed).toEqual(refusal('ended meanwhile: it is done'));
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
  });

  test('of a stage whose worker vanished is a pause, not a lost host: nothing is attached to again', async () => {
    const handle = await start('vanished', [{ do: 'vanish' }]);
    await stageIs(handle, 'running');
    await tellStage(handle, 'pause', by);
    expect((await stageIs(handle, 'paused')).attempts).toBe(1);
    await handle.terminate();
  });
});

describe.concurrent('skip', () => {
  test('hands over the newest checkpoint’s weights', async () => {
    const handle = await atWork('newest');
    await tellStage(handle, 'skip', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'skipped', step: 8, reason: 'ann: why' });
  });

  test('or a named one’s; one that is not there is refused with those there are, and the run is not disturbed', async () => {
    const handle = await atWork('named');
    expect(await tellStage(handle, 'skip', { ...by, step: 5 })).toEqual(
      refusal('no whole checkpoint of step 5; checkpoints there are: 8, 4'),
    );
    expect(script.training.has('named')).toBe(true);
    await tellStage(handle, 'skip', { ...by, step: 4 });
    await expect(handle.result()).resolves.toMatchObject({ state: 'skipped', step: 4 });
  });

  test('to step 0 hands over the parent’s weights, and is refused where it starts from scratch', async () => {
    const scratch = await atWork('scratch');
    expect(await tellStage(scratch, 'skip', { ...by, step: 0 })).toEqual(refusal('starts from scratch'));
    await scratch.terminate();
    const parent = key();
    const handle = await atWork('child', { parent });
    await tellStage(handle, 'skip', { ...by, step: 0 });
    await expect(handle.result()).resolves.toMatchObject({ state: 'skipped', step: 0, result: { key: parent } });
  });

  test('answers a parked stage by the old update too', async () => {
    const handle = await start('old-answer', [{ do: 'fail', type: 'DiskFull' }]);
    await stageIs(handle, 'waiting');
    await handle.executeUpdate(answerUpdate, { args: [{ choice: 'skip', ...by }] });
    await expect(handle.result()).resolves.toMatchObject({ state: 'skipped', step: 8 });
  });
});

describe.concurrent('amend', () => {
  const rate = { 'training.learning_rate': 0.01 };
  test('inside the key supersedes: continued from the newest, an earlier one, or its weights', async () => {
    const newest = await atWork('amend-newest');
    await tellStage(newest, 'amend', { ...by, set: rate });
    const { stages } = { stages: await newest.result() };
    expect(stages).toMatchObject({ state: 'superseded', set: rate, continues: { step: 8 }, weights: null });

    const earlier = await atWork('amend-earlier');
    await tellStage(earlier, 'amend', { ...by, set: {}, from: 4 });
    await expect(earlier.result()).resolves.toMatchObject({ state: 'superseded', set: {}, continues: { step: 4 } });

    const weights = await atWork('amend-weights');
    await tellStage(weights, 'amend', { ...by, set: rate, weights_only: true });
    const end = await weights.result();
    expect(end).toMatchObject({ state: 'superseded', continues: null });
    expect(end.state === 'superseded' && script.results.has(end.weights ?? '')).toBe(true);
  });

  test('outside the key goes on as the stage that it is', async () => {
    const handle = await atWork('threads');
    const set = { 'execution.threads': 2 };
    expect(await tellStage(handle, 'amend', { ...by, set })).toMatchObject({ answer: { state: 'queued' } });
    await expect(handle.result()).resolves.toMatchObject({ state: 'done', attempts: 2, set });
  });

  test('of gates alone does not disturb the run', async () => {
    const handle = await atWork('gates');
    const set = { gates: [{ on: 'approval', question: 'Really?' }] };
    expect(await tellStage(handle, 'amend', { ...by, set })).toMatchObject({ answer: { state: 'running' } });
    expect(script.training.has('gates')).toBe(true);
    await handle.terminate();
  });

  test('is refused with its reason, and nothing of it enters history', async () => {
    const handle = await atWork('refused');
    const token = `hf_${'a'.repeat(30)}`;
    const cases: [Record<string, unknown>, string][] = [
      [{ set: { 'training.learning_rte': 1 } }, 'did you mean "training.learning_rate"?'],
      [{ set: { 'training.learning_rate': 'fast' } }, 'training.learning_rate'],
      [{ set: { 'training.batch_size': 4 } }, 'add weights_only'],
      [{ set: { 'training.learning_rate': token } }, 'looks like a secret'],
      [{ set: rate, reason: `because ${token}` }, 'looks like a secret'],
      [{ set: {} }, 'nothing to amend'],
      [{ set: {}, from: 0 }, 'is the same stage'],
      [{ set: rate, from: 5 }, 'checkpoints there are: 8, 4'],
      [{ set: { 'training.steps': 8 } }, 'training.steps 8 is not above step 8'],
      [{ set: rate, stage: 'other' }, 'amend "other" at its curriculum'],
      [{ set: rate, form: 4 }, 'form'],
    ];
    for (const [input, words] of cases)
      expect(await tellStage(handle, 'amend', { actor: 'ann', ...input }), words).toEqual(refusal(words));
    expect(script.training.has('refused')).toBe(true);
    const history = texts(await handle.fetchHistory());
    expect(history.some((text) => text.includes('refused'))).toBe(true);
    expect(history.filter((text) => text.includes(token))).toEqual([]);
    expect((await handle.query(stageStatusQuery)).state).toBe('running');
    await handle.terminate();
  });
});

describe.concurrent('retry', () => {
  test('may change execution, and nothing else', async () => {
    const handle = await start('retry', [{ do: 'fail', type: 'DiskFull' }]);
    await stageIs(handle, 'waiting');
    expect(await tellStage(handle, 'retry', { ...by, set: { 'training.learning_rate': 1 } })).toEqual(
      refusal('use amend to change it'),
    );
    expect(await tellStage(handle, 'retry', { ...by, restart: true })).toEqual(refusal('restart is not offered'));
    const set = { 'execution.threads': 2 };
    await tellStage(handle, 'retry', { ...by, set });
    await expect(handle.result()).resolves.toMatchObject({ state: 'done', set });
  });
});

describe('two operators', () => {
  test('the second is judged by the state after the first', async () => {
    const exported = later();
    script.exporting = exported.promise;
    const handle = await atWork('two');
    const accepted = later();
    // The newest one is exported while nothing trains: until then nothing else may be made of the stage.
    const first = tellStage(handle, 'skip', by, accepted.now);
    await accepted.promise;
    // Accepted while the first is carried out, since its state cannot be known yet.
    const second = tellStage(handle, 'pause', { actor: 'bob' }, exported.now);
    expect(await first).toMatchObject({ answer: { state: 'skipped' } });
    expect(await second).toEqual(refusal('the stage is skipped: nothing can be changed any more'));
    await expect(handle.result()).resolves.toMatchObject({ state: 'skipped' });
  });

  test('an update whose activity fails leaves the stage as it was', async () => {
    const handle = await start('full', [{ do: 'fail', type: 'DiskFull' }]);
    const asked = (await stageIs(handle, 'waiting')).question;
    script.exportFailures = ['DiskFull'];
    expect(await tellStage(handle, 'skip', by)).toEqual({ refused: 'DiskFull by script' });
    expect(await handle.query(stageStatusQuery)).toMatchObject({ state: 'waiting', question: asked });

    const working = await atWork('full-work');
    script.exportFailures = ['DiskFull'];
    expect(await tellStage(working, 'skip', by)).toEqual({ refused: 'DiskFull by script' });
    // What was stopped for it goes on.
    await expect(working.result()).resolves.toMatchObject({ state: 'done', attempts: 2 });
    await handle.terminate();
  });
});

describe.concurrent('cancel', () => {
  const cancelled = async (handle: StageHandle): Promise<void> => {
    await handle.cancel();
    const error = await handle.result().catch((e: unknown) => e);
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
  };
  test('a queued stage', async () => {
    script.withoutDevice.add('c-queued');
    const handle = await start('c-queued', []);
    await stageIs(handle, 'queued');
    await cancelled(handle);
  });
  test('a running stage', async () => cancelled(await atWork('c-running')));
  test('a pausing stage', async () => {
    const saved = later();
    const handle = await start('c-pausing', [{ do: 'work', saved: saved.promise }]);
    await trains('c-pausing');
    await tellStage(handle, 'pause', by);
    await handle.cancel();
    saved.now();
    await cancelled(handle).catch(() => undefined);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });
  test('a paused stage', async () => {
    const handle = await atWork('c-paused');
    await tellStage(handle, 'pause', by);
    await stageIs(handle, 'paused');
    await cancelled(handle);
  });
  test('a waiting stage', async () => {
    const handle = await start('c-waiting', [{ do: 'fail', type: 'DiskFull' }]);
    await stageIs(handle, 'waiting');
    await cancelled(handle);
  });
});

/** All that a history holds as bytes. */
function texts(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

test('a pause that meets the end of a step before training, in one workflow task, is a pause', async () => {
  const alone = new Script();
  const own = await openBench(inject('temporalAddress'), alone);
  try {
    const made = later();
    alone.acquiring.set('deaf-data', made.promise);
    const stage = stageOf(key(), 'before-training');
    const handle = await startStage(own, { ...stage, data: { ...stage.data, name: 'deaf-data' } });
    await until(async () => alone.calls.includes('making deaf-data'));
    let paused: ReturnType<typeof tellStage> | undefined;
    await own.withoutControl(async () => {
      paused = tellStage(handle, 'pause', by);
      made.now();
      await until(async () => ((await handle.describe()).raw.pendingActivities ?? []).length === 0);
    });
    expect(await paused).toMatchObject({ answer: { state: 'paused' } });
    await tellStage(handle, 'resume', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
  } finally {
    await own.close();
  }
});
