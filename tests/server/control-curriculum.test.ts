/** What updates and gates do to a curriculum: what is planned again, what is asked, and what a later stage starts from. */
import { Metadata } from '@grpc/grpc-js';
import { Client, ServiceError, type WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { controlRun } from '../../client/control.js';
import type { Gate } from '../../core/gate.js';
import { checkpointWeightsKey, type PlannedStage } from '../../core/plan.js';
import { curriculumPlanQuery, curriculumStatusQuery } from '../../workflows/messages.js';
import { by, controlFile, rate, refusal } from './control-file.js';
import { curriculumIs, later, tellCurriculum, tellStage, type CurriculumHandle } from './control-support.js';

const file = controlFile();
const { script, trains, start } = file;
async function planNow(handle: CurriculumHandle): Promise<[PlannedStage, PlannedStage]> {
  const { stages } = await handle.query(curriculumPlanQuery);
  const [first, second] = stages;
  if (first === undefined || second === undefined) expect.fail('two stages were planned');
  return [first, second];
}

describe.concurrent('what follows a change', () => {
  test('an amended stage is superseded; the next stage and the evaluations follow the one that continues it', async () => {
    const { handle, first, second } = await start('amended', [{ do: 'work' }]);
    await trains('amended');
    await tellCurriculum(handle, 'amend', { ...by, set: rate });
    const { status } = await handle.result();
    const [now, next] = await planNow(handle);
    expect(now.continues).toEqual({ key: first.key, step: 8 });
    expect(now.objective.training.learning_rate).toBe(0.01);
    expect(next.parent).toBe(now.key);
    expect(next.key).not.toBe(second.key);
    expect(status.stages.map(({ key: id, state }) => [id, state])).toEqual([
      [first.key, 'superseded'],
      [now.key, 'done'],
      [next.key, 'done'],
    ]);
    expect(status.stages[1]?.last_control).toContain(`continues ${first.key.slice(0, 12)} from step 8`);
    const { evaluations } = await handle.query(curriculumPlanQuery);
    expect(evaluations.map(({ weights }) => weights)).toEqual([now.key, next.key]);
    expect(status.evaluations.map(({ key: id, state }) => [id, state])).toEqual(
      evaluations.map(({ key: id }) => [id, 'done']),
    );
  });

  test('an amendment at the stage’s own workflow is followed like one at the curriculum', async () => {
    const { handle, first, stage } = await start('direct', [{ do: 'work' }]);
    await trains('direct');
    await tellStage(stage, 'amend', { ...by, set: rate, weights_only: true });
    const { status } = await handle.result();
    const weights = checkpointWeightsKey({ key: first.key, step: 8 });
    const [now] = await planNow(handle);
    expect(now.parent).toBe(weights);
    expect(now.continues).toBeUndefined();
    expect(status.stages[1]?.last_control).toContain('break in lineage');
  });

  test('a skipped stage hands over the checkpoint’s weights to the next', async () => {
    const { handle, first } = await start('skipped', [{ do: 'work' }]);
    await trains('skipped');
    await tellCurriculum(handle, 'skip', { ...by, step: 4 });
    const { status } = await handle.result();
    const [, next] = await planNow(handle);
    const weights = checkpointWeightsKey({ key: first.key, step: 4 });
    expect(next.parent).toBe(weights);
    expect((await handle.query(curriculumPlanQuery)).evaluations[0]?.weights).toBe(weights);
    expect(status.stages.map(({ state, step }) => [state, step])).toEqual([
      ['skipped', 4],
      ['done', 10],
    ]);
  });

  test('a later stage is amended without touching the one that runs', async () => {
    const { handle, second } = await start('later', [{ do: 'work' }]);
    await trains('later');
    const name = 'later-next';
    const refused: [Record<string, unknown>, string][] = [
      [{ stage: 'later-nxt', set: rate }, 'did you mean "later-next"?'],
      [{ stage: name, set: { 'training.learning_rte': 1 } }, 'did you mean "training.learning_rate"?'],
      [{ stage: name, set: rate, from: 4 }, 'has not begun'],
      [{ stage: name, set: {} }, 'nothing to amend'],
    ];
    for (const [input, words] of refused)
      expect(await tellCurriculum(handle, 'amend', { ...by, ...input }), words).toEqual(refusal(words));
    await tellCurriculum(handle, 'amend', { ...by, stage: name, set: rate });
    expect(script.training.has('later')).toBe(true);
    const [, next] = await planNow(handle);
    expect(next.key).not.toBe(second.key);
    expect(next.objective.training.learning_rate).toBe(0.01);
    await tellCurriculum(handle, 'skip', by);
    const { status } = await handle.result();
    expect(status.stages.map(({ state }) => state)).toEqual(['skipped', 'done']);
  });

  test('two operators amend it at once: the second change is of what the first made', async () => {
    const { handle } = await start('both', [{ do: 'work' }]);
    await trains('both');
    const stage = 'both-next';
    await Promise.all([
      tellCurriculum(handle, 'amend', { ...by, stage, set: rate }),
      tellCurriculum(handle, 'amend', { ...by, stage, set: { 'training.steps': 20 } }),
    ]);
    const [, next] = await planNow(handle);
    expect(next.objective.training).toMatchObject({ learning_rate: 0.01, steps: 20 });
    await handle.terminate();
  });

  test('a stage that has begun cannot be amended any more', async () => {
    const evaluated = later();
    script.evaluating.set('past', evaluated.promise);
    const { handle } = await start('past', []);
    await curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'running');
    expect(await tellCurriculum(handle, 'amend', { ...by, stage: 'past', set: rate })).toEqual(
      refusal('stage past has begun already'),
    );
    evaluated.now();
    await handle.result();
  });
});

test('an update whose workflow task was cut off is asked again under the same id', async () => {
  const { handle } = await start('cut-off', [{ do: 'work' }]);
  await trains('cut-off');
  const ids: (string | undefined)[] = [];
  const cutOff = Object.assign(new Error('unexpected workflow task failure'), {
    code: 9,
    details: '',
    metadata: new Metadata(),
  });
  const client = new Client({
    connection: file.bench.client.connection,
    interceptors: {
      workflow: [
        {
          startUpdate: async (input, next) => {
            ids.push(input.options.updateId);
            if (ids.length === 1) throw new ServiceError('Workflow Update failed', { cause: cutOff });
            return next(input);
          },
        },
      ],
    },
  });
  const { status } = await controlRun(client, handle.workflowId, { update: 'pause', args: by });
  expect(status.last_control).toContain('paused by ann: why');
  expect(ids).toHaveLength(2);
  expect(ids[0]).toMatch(/./u);
  expect(ids[1]).toBe(ids[0]);
  await handle.terminate();
});

describe('gates', () => {
  const bound = (on_failure: 'ask' | 'stop' | 'warn'): Gate => ({
    on: 'training',
    metric: 'accuracy',
    last_steps: 10,
    min: 0.9,
    on_failure,
  });
  const why = 'mean accuracy of the last 10 steps is 0.5000 (n = 100), below the minimum 0.9';

  test('passed: it goes on and says what was measured', async () => {
    const { handle } = await start('passed', [], [bound('stop')]);
    const { state, status } = await handle.result();
    expect(state).toBe('done');
    expect(status.gates).toMatchObject([{ stage: 'passed', state: 'passed' }]);
    expect(status.gates[0]?.detail).toContain('1.0000 (n = 100)');
  });

  test('stop: nothing after it is trained', async () => {
    script.measured = [0.5];
    const { handle } = await start('stop', [], [bound('stop')]);
    const { state, status } = await handle.result();
    expect(state).toBe('stopped');
    expect(status.gates).toMatchObject([{ state: 'stopped', detail: why }]);
    expect(status.stages.map((stage) => stage.state)).toEqual(['done', 'queued']);
  });

  test('warn: it goes on and says so', async () => {
    script.measured = [0.5];
    const { handle } = await start('warn', [], [bound('warn')]);
    const { state, status } = await handle.result();
    expect(state).toBe('done');
    expect(status.gates).toMatchObject([{ state: 'warned', detail: why }]);
  });

  test('ask: it waits with a question, and an approval takes it further', async () => {
    script.measured = [0.5];
    const { handle } = await start('ask', [], [bound('ask')]);
    const { question } = await curriculumIs(handle, ({ state }) => state === 'waiting');
    expect(question).toMatchObject({ type: 'Gate', choices: ['approve', 'reject'] });
    expect(question?.reason).toContain(why);
    await tellCurriculum(handle, 'approve', by);
    const { status } = await handle.result();
    expect(status.gates).toMatchObject([{ state: 'approved' }]);
    expect(status.gates[0]?.detail).toContain('approved by ann: why');
    expect(status.question).toBeNull();
  });

  test('what cannot be measured is asked, whatever its failure was to do', async () => {
    script.gateFailures = ['GateUnmeasurable'];
    const { handle } = await start('unmeasurable', [], [bound('warn')]);
    const { question } = await curriculumIs(handle, ({ state }) => state === 'waiting');
    expect(question?.reason).toContain('GateUnmeasurable by script');
    await tellCurriculum(handle, 'reject', by);
    const { state, status } = await handle.result();
    expect(state).toBe('stopped');
    expect(status.gates).toMatchObject([{ state: 'rejected' }]);
  });

  test('a gate that is amended while the stage runs is the one that is asked', async () => {
    const { handle, first } = await start('gate-amended', [{ do: 'work' }]);
    await trains('gate-amended');
    const set = { gates: [{ on: 'approval', question: 'Sharp enough?' }], 'execution.threads': 2 };
    await tellCurriculum(handle, 'amend', { ...by, set });
    const { question, stages } = await curriculumIs(handle, ({ state }) => state === 'waiting');
    expect(question?.question).toContain('Sharp enough?');
    // The same stage under the same key.
    expect(stages[0]).toMatchObject({ key: first.key, state: 'done' });
    await tellCurriculum(handle, 'approve', by);
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
  });
});

describe.concurrent('cancel', () => {
  const cancelled = async (handle: CurriculumHandle): Promise<void> => {
    await handle.cancel();
    const error = await handle.result().catch((e: unknown) => e);
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
  };
  test('reaches a stage that is paused', async () => {
    const { handle, stage } = await start('c-stage', [{ do: 'work' }]);
    await trains('c-stage');
    await tellCurriculum(handle, 'pause', by);
    await curriculumIs(handle, ({ stages }) => stages[0]?.state === 'pausing');
    await cancelled(handle);
    expect((await stage.describe()).status.name).toBe('CANCELLED');
  });
  test('at a gate', async () => {
    const { handle } = await start('c-gate', [], [{ on: 'approval', question: 'Good?' }]);
    await curriculumIs(handle, ({ state }) => state === 'waiting');
    await cancelled(handle);
  });
  test('while it is held, and while it evaluates', async () => {
    script.evaluating.set('c-held', later().promise);
    const { handle } = await start('c-held', []);
    await curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'running');
    await tellCurriculum(handle, 'pause', by);
    expect((await handle.query(curriculumStatusQuery)).state).toBe('paused');
    await cancelled(handle);
  });
});
