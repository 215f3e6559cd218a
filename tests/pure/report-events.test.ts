/** What a history tells: failures with their types, controls with actor and reason, the plans that were followed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter, defaultFailureConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, it } from 'vitest';
import { planAgain } from '../../core/plan-again.js';
import { controlWords, readRun, type ReadHistory } from '../../cli/report/run-events.js';
import { madePlan, madeRecipe } from '../support/made-runs.js';

const converter = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
};
const HISTORIES = join(import.meta.dirname, '..', 'replay', 'histories');
const stored = (name: string): unknown => JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8'));
const read = (history: unknown, stage: string | null): Promise<ReadHistory> =>
  readRun(historyFromJSON(history), stage, converter);
const payloads = (...values: unknown[]): object => ({
  payloads: values.map((value) => ({
    metadata: { encoding: Buffer.from('json/plain').toString('base64') },
    data: Buffer.from(JSON.stringify(value)).toString('base64'),
  })),
});
const at = (second: number, type: string, attributes: object): object => ({
  eventId: String(second),
  eventTime: `2026-11-24T10:00:${String(second).padStart(2, '0')}Z`,
  eventType: `EVENT_TYPE_${type}`,
  ...attributes,
});

describe('a stored history', () => {
  it('of a stage that was killed many times', async () => {
    const { events, before } = await read(stored('stage-killed'), 'base');
    expect(before).toBeNull();
    expect(events.every((event) => event.kind === 'failure' && event.stage === 'base')).toBe(true);
    const texts = events.map((event) => event.text);
    expect(texts).toContain('train: TrainerExited: the trainer was ended by SIGKILL');
    expect(texts).toContain('train: activity Heartbeat timeout');
    expect(texts.filter((text) => text.includes('RunnerLost'))).toHaveLength(2);
    expect(events.map((event) => event.at)).toEqual(events.map((event) => event.at).toSorted());
  });

  it('of a curriculum begins with its plan', async () => {
    const { events, plans } = await read(stored('curriculum-undisturbed'), null);
    expect(events).toEqual([]);
    expect(plans).toHaveLength(1);
    expect(plans[0]?.stages.length).toBeGreaterThan(0);
  });
});

describe('a history with controls', () => {
  const plan = madePlan(madeRecipe());
  const change = { kind: 'order', stage: plan.stages[1]?.key ?? '', order: 'file' } as const;
  const next = planAgain(plan, change);
  const update = (id: string, name: string, input: unknown): object => ({
    workflowExecutionUpdateAcceptedEventAttributes: {
      acceptedRequest: { meta: { updateId: id, identity: 'cli' }, input: { name, args: payloads(input) } },
    },
  });
  const history = {
    events: [
      at(1, 'WORKFLOW_EXECUTION_STARTED', {
        workflowExecutionStartedEventAttributes: {
          input: payloads({ plan, queuePrefix: 'q' }),
          continuedExecutionRunId: 'run-0',
        },
      }),
      at(2, 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED', update('u1', 'pause', { actor: 'ann', reason: 'dinner' })),
      at(3, 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED', update('u2', 'skip', { actor: 'bob', reason: '', step: 40 })),
      at(4, 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', {
        workflowExecutionUpdateCompletedEventAttributes: {
          meta: { updateId: 'u2' },
          outcome: { failure: { message: 'step 40 has no checkpoint' } },
        },
      }),
      at(5, 'ACTIVITY_TASK_SCHEDULED', {
        activityTaskScheduledEventAttributes: { activityType: { name: 'planAgain' } },
      }),
      at(6, 'ACTIVITY_TASK_COMPLETED', {
        activityTaskCompletedEventAttributes: { scheduledEventId: '5', result: payloads(next) },
      }),
      at(7, 'WORKFLOW_EXECUTION_CANCEL_REQUESTED', {
        workflowExecutionCancelRequestedEventAttributes: { identity: 'ann@host', cause: 'enough' },
      }),
    ],
  };

  it('names who asked for what and why, what came of it, and the plans', async () => {
    const { events, plans, before } = await read(history, null);
    expect(events).toMatchObject([
      { at: '2026-11-24T10:00:02.000Z', kind: 'control', text: 'paused by ann: dinner', id: 'u1' },
      { text: 'skipped by bob (step 40) — failed: step 40 has no checkpoint' },
      { text: 'cancelled by ann@host: enough', id: null },
    ]);
    expect(plans.map((p) => p.hash)).toEqual([plan.hash, next.hash]);
    expect(before).toBe('run-0');
  });
});

it('an amendment is told with its settings', () => {
  const amend = {
    actor: 'ann',
    reason: 'too fast',
    stage: 'perception',
    set: { 'training.learning_rate': 0.0001, order: { by: 'easy_to_hard', bands: [0.5] } },
    from: 40,
    weights_only: false,
  };
  expect(controlWords('amend', amend)).toBe(
    'amended by ann: too fast (stage perception, training.learning_rate = 0.0001, order = {"by":"easy_to_hard","bands":[0.5]}, from step 40)',
  );
  expect(controlWords('amend', { ...amend, set: {}, weights_only: true, reason: '' })).toBe(
    'amended by ann (stage perception, from step 40, weights only)',
  );
  expect(controlWords('answer', { actor: 'bob', reason: 'ok', choice: 'retry' })).toBe(
    'answer by bob: ok (choice retry)',
  );
  expect(controlWords('pause', 7)).toBe('pause asked; who and why could not be read');
});
