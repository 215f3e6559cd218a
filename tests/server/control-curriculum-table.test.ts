/**
 * Every place of a curriculum x every update, on a real server: accepted with the state after, or refused with its words. The table
 * is written by hand and not computed from core/control.ts; its type demands every cell.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { CurriculumUpdate, Place } from '../../core/control.js';
import type { CurriculumState, StageState } from '../../core/states.js';
import {
  curriculumIs,
  key,
  later,
  startCurriculum,
  startStage,
  tellCurriculum,
  until,
  type CurriculumHandle,
} from './control-support.js';
import { evaluationOf, openBench, planOf, stageOf, type Bench } from './harness.js';
import { Script } from './scripted-activities.js';

type End = 'done' | 'stopped' | 'failed' | 'cancelled';
type Cell =
  | {
      readonly after: CurriculumState;
      /** Of the first stage, in the answer. */
      readonly stage: StageState;
      /** How it ends by itself; null = it does not. */
      readonly then: 'done' | 'stopped' | null;
    }
  | { readonly refused: string }
  | 'closed';

const CLOSED = {
  pause: 'closed',
  resume: 'closed',
  retry: 'closed',
  skip: 'closed',
  amend: 'closed',
  stop: 'closed',
  approve: 'closed',
  reject: 'closed',
} as const;

const OTHERS = 'that is run by another curriculum; address its workflow instead. Allowed now: stop.';
const TABLE: Readonly<Record<Place | End, Readonly<Record<CurriculumUpdate, Cell>>>> = {
  stage: {
    pause: { after: 'running', stage: 'pausing', then: null },
    resume: {
      refused: 'resume is refused: the stage is running, and it is not paused. Allowed now: pause, skip, amend, stop.',
    },
    retry: {
      refused: 'retry is refused: the stage is running, and it asked nothing. Allowed now: pause, skip, amend, stop.',
    },
    skip: { after: 'running', stage: 'skipped', then: 'done' },
    amend: { after: 'running', stage: 'superseded', then: 'done' },
    stop: { after: 'stopped', stage: 'stopped', then: 'stopped' },
    approve: {
      refused:
        'approve is refused: the curriculum runs a stage, and no gate asks for a decision. Allowed now: pause, resume, retry, skip, amend, stop.',
    },
    reject: {
      refused:
        'reject is refused: the curriculum runs a stage, and no gate asks for a decision. Allowed now: pause, resume, retry, skip, amend, stop.',
    },
  },
  joined: {
    pause: { refused: `pause is refused: the curriculum waits for a stage, and ${OTHERS}` },
    resume: { refused: `resume is refused: the curriculum waits for a stage, and ${OTHERS}` },
    retry: { refused: `retry is refused: the curriculum waits for a stage, and ${OTHERS}` },
    skip: { refused: `skip is refused: the curriculum waits for a stage, and ${OTHERS}` },
    amend: { refused: `amend is refused: the curriculum waits for a stage, and ${OTHERS}` },
    stop: { after: 'stopped', stage: 'stopped', then: 'stopped' },
    approve: {
      refused:
        'approve is refused: the curriculum waits for a stage, and no gate asks for a decision. Allowed now: stop.',
    },
    reject: {
      refused:
        'reject is refused: the curriculum waits for a stage, and no gate asks for a decision. Allowed now: stop.',
    },
  },
  between: {
    pause: { after: 'paused', stage: 'done', then: null },
    resume: {
      refused: 'resume is refused: the curriculum is between stages, and it is not paused. Allowed now: pause, stop.',
    },
    retry: {
      refused:
        'retry is refused: the curriculum is between stages, and no stage is under way. Allowed now: pause, stop.',
    },
    skip: {
      refused:
        'skip is refused: the curriculum is between stages, and no stage is under way. Allowed now: pause, stop.',
    },
    amend: {
      refused:
        'amend is refused: the curriculum is between stages, and no stage is under way; name a later one. Allowed now: pause, stop.',
    },
    stop: { after: 'stopped', stage: 'done', then: 'stopped' },
    approve: {
      refused:
        'approve is refused: the curriculum is between stages, and no gate asks for a decision. Allowed now: pause, stop.',
    },
    reject: {
      refused:
        'reject is refused: the curriculum is between stages, and no gate asks for a decision. Allowed now: pause, stop.',
    },
  },
  last: {
    pause: {
      refused:
        'pause is refused: the curriculum is past its last stage, and no stage follows that could be held back. Allowed now: stop.',
    },
    resume: {
      refused: 'resume is refused: the curriculum is past its last stage, and it is not paused. Allowed now: stop.',
    },
    retry: {
      refused: 'retry is refused: the curriculum is past its last stage, and no stage is under way. Allowed now: stop.',
    },
    skip: {
      refused: 'skip is refused: the curriculum is past its last stage, and no stage is under way. Allowed now: stop.',
    },
    amend: {
      refused:
        'amend is refused: the curriculum is past its last stage, and no stage is under way, and none follows. Allowed now: stop.',
    },
    stop: { after: 'stopped', stage: 'done', then: 'stopped' },
    approve: {
      refused:
        'approve is refused: the curriculum is past its last stage, and no gate asks for a decision. Allowed now: stop.',
    },
    reject: {
      refused:
        'reject is refused: the curriculum is past its last stage, and no gate asks for a decision. Allowed now: stop.',
    },
  },
  gate: {
    pause: {
      refused:
        'pause is refused: the curriculum waits at a gate, and its device is free already. Allowed now: stop, approve, reject.',
    },
    resume: {
      refused:
        'resume is refused: the curriculum waits at a gate, and it is not paused. Allowed now: stop, approve, reject.',
    },
    retry: {
      refused:
        'retry is refused: the curriculum waits at a gate, and no stage is under way. Allowed now: stop, approve, reject.',
    },
    skip: {
      refused:
        'skip is refused: the curriculum waits at a gate, and no stage is under way. Allowed now: stop, approve, reject.',
    },
    amend: {
      refused:
        'amend is refused: the curriculum waits at a gate, and no stage is under way; name a later one. Allowed now: stop, approve, reject.',
    },
    stop: { after: 'stopped', stage: 'done', then: 'stopped' },
    approve: { after: 'running', stage: 'done', then: 'done' },
    reject: { after: 'stopped', stage: 'done', then: 'stopped' },
  },
  held: {
    pause: {
      refused:
        'pause is refused: the curriculum is paused, and a second pause changes nothing. Allowed now: resume, stop.',
    },
    resume: { after: 'running', stage: 'done', then: 'done' },
    retry: {
      refused: 'retry is refused: the curriculum is paused, and no stage is under way. Allowed now: resume, stop.',
    },
    skip: {
      refused: 'skip is refused: the curriculum is paused, and no stage is under way. Allowed now: resume, stop.',
    },
    amend: {
      refused:
        'amend is refused: the curriculum is paused, and no stage is under way; name a later one. Allowed now: resume, stop.',
    },
    stop: { after: 'stopped', stage: 'done', then: 'stopped' },
    approve: {
      refused:
        'approve is refused: the curriculum is paused, and no gate asks for a decision. Allowed now: resume, stop.',
    },
    reject: {
      refused:
        'reject is refused: the curriculum is paused, and no gate asks for a decision. Allowed now: resume, stop.',
    },
  },
  done: CLOSED,
  stopped: CLOSED,
  failed: CLOSED,
  cancelled: CLOSED,
};

const by = { actor: 'ann', reason: 'dinner' };
const INPUT: Readonly<Record<CurriculumUpdate, Record<string, unknown>>> = {
  pause: by,
  resume: by,
  retry: by,
  skip: by,
  amend: { ...by, set: { 'training.learning_rate': 0.01 } },
  stop: by,
  approve: by,
  reject: by,
};

let bench: Bench;
const script = new Script();
beforeAll(async () => {
  script.checkpoints = [{ epoch: 1, step: 5 }];
  bench = await openBench(inject('temporalAddress'), script, { cached: false });
});
afterAll(() => bench.close());

const cells = Object.entries(TABLE).flatMap(([place, row]) =>
  Object.entries(row).map(([update, cell]) => ({
    place: place as Place | End,
    update: update as CurriculumUpdate,
    cell,
  })),
);

describe.concurrent('curriculum', () => {
  test.each(cells)('$place x $update', async ({ place, update, cell }) => {
    const { handle, evaluated, owner } = await bring(`${place}-${update}`, place);
    const said = await tellCurriculum(handle, update, INPUT[update]);
    if (cell === 'closed') expect(said).toBe('closed');
    else if ('refused' in cell) expect(said).toEqual({ refused: cell.refused });
    else {
      if (!(typeof said === 'object' && 'answer' in said)) expect.fail(JSON.stringify(said));
      expect({ after: said.answer.state, stage: said.answer.stages[0]?.state }).toEqual({
        after: cell.after,
        stage: cell.stage,
      });
      expect(said.answer.last_control).toContain('by ann: dinner');
      evaluated();
      if (cell.then !== null) await expect(handle.result()).resolves.toMatchObject({ state: cell.then });
    }
    evaluated();
    for (const open of [handle, owner])
      if (open !== null && (await open.describe()).status.name === 'RUNNING') await open.terminate();
  });
});

interface Brought {
  readonly handle: CurriculumHandle;
  readonly evaluated: () => void;
  /** Whose stage it is, where it is another's. */
  readonly owner: Awaited<ReturnType<typeof startStage>> | null;
}

/** A curriculum of two stages, the first of this name, in this place. */
async function bring(name: string, place: Place | End): Promise<Brought> {
  const evaluated = later();
  const gates = place === 'gate' ? { gates: [{ on: 'approval' as const, question: 'Good?' }] } : {};
  const first = { ...stageOf(key(), name), ...gates };
  const second = stageOf(key(), `${name}-next`, first.key);
  script.actsOf.set(second.name, []);
  script.actsOf.set(
    name,
    place === 'stage' || place === 'joined' || place === 'cancelled' || place === 'stopped'
      ? [{ do: 'work' }]
      : place === 'failed'
        ? [{ do: 'fail', type: 'DataInvalid' }]
        : [],
  );
  const looked = place === 'between' || place === 'held' ? first : place === 'last' ? second : null;
  if (looked !== null) script.evaluating.set(looked.name, evaluated.promise);
  const owner = place === 'joined' ? await startStage(bench, first) : null;
  if (owner !== null) await until(async () => script.training.has(name));
  const plan = {
    ...planOf(name, [first, second], key()),
    evaluations: looked === null ? [] : [evaluationOf(looked, key())],
  };
  const handle = await startCurriculum(bench, plan);
  const end = () => handle.result().catch(() => undefined);
  const evaluating = () => curriculumIs(handle, ({ evaluations }) => evaluations[0]?.state === 'running');
  const training = () => until(async () => script.training.has(name));
  switch (place) {
    case 'stage':
      await training();
      break;
    case 'joined':
      await curriculumIs(handle, ({ stages }) => stages[0]?.reused === true);
      break;
    case 'between':
    case 'last':
      await evaluating();
      break;
    case 'gate':
      await curriculumIs(handle, ({ state }) => state === 'waiting');
      break;
    case 'held':
      await evaluating();
      await tellCurriculum(handle, 'pause', by);
      evaluated.now();
      await curriculumIs(handle, ({ state, evaluations }) => state === 'paused' && evaluations[0]?.state === 'done');
      break;
    case 'stopped':
      await training();
      await tellCurriculum(handle, 'stop', by);
      await end();
      break;
    case 'cancelled':
      await training();
      await handle.cancel();
      await end();
      break;
    case 'done':
    case 'failed':
      await end();
      break;
  }
  return { handle, evaluated: evaluated.now, owner };
}
