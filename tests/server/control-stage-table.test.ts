/**
 * Every state of a stage x every update, on a real server: accepted with the state after, or refused with its words. The table is
 * written by hand and not computed from core/control.ts; its type demands every cell.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { StageUpdate } from '../../core/control.js';
import type { StageState } from '../../core/states.js';
import { key, later, stageIs, startStage, tellStage, until, type StageHandle } from './control-support.js';
import { openBench, stageOf, type Bench } from './harness.js';
import { Script } from './scripted-activities.js';

/** `after`: the state in the answer; `then`: where it comes to rest or ends by itself. */
type Cell = { readonly after: StageState; readonly then: StageState } | { readonly refused: string } | 'closed';

const CLOSED = {
  pause: 'closed',
  resume: 'closed',
  retry: 'closed',
  skip: 'closed',
  amend: 'closed',
  stop: 'closed',
} as const;
const ENDS = {
  skip: { after: 'skipped', then: 'skipped' },
  amend: { after: 'superseded', then: 'superseded' },
  stop: { after: 'stopped', then: 'stopped' },
} as const;

const TABLE: Readonly<Record<StageState, Readonly<Record<StageUpdate, Cell>>>> = {
  queued: {
    pause: { after: 'paused', then: 'paused' },
    resume: {
      refused:
        'resume is refused: the stage is queued, and it is not paused: it waits for a device. Allowed now: pause, skip, amend, stop.',
    },
    retry: {
      refused:
        'retry is refused: the stage is queued, and it asked nothing; nothing has failed for good. Allowed now: pause, skip, amend, stop.',
    },
    ...ENDS,
  },
  running: {
    pause: { after: 'pausing', then: 'paused' },
    resume: {
      refused: 'resume is refused: the stage is running, and it is not paused. Allowed now: pause, skip, amend, stop.',
    },
    retry: {
      refused: 'retry is refused: the stage is running, and it asked nothing. Allowed now: pause, skip, amend, stop.',
    },
    ...ENDS,
  },
  pausing: {
    pause: {
      refused:
        'pause is refused: the stage is pausing, and a second pause changes nothing. Allowed now: resume, skip, amend, stop.',
    },
    resume: { after: 'queued', then: 'done' },
    retry: {
      refused: 'retry is refused: the stage is pausing, and it asked nothing. Allowed now: resume, skip, amend, stop.',
    },
    ...ENDS,
  },
  paused: {
    pause: {
      refused:
        'pause is refused: the stage is paused, and a second pause changes nothing. Allowed now: resume, skip, amend, stop.',
    },
    resume: { after: 'queued', then: 'done' },
    retry: {
      refused: 'retry is refused: the stage is paused, and it asked nothing. Allowed now: resume, skip, amend, stop.',
    },
    ...ENDS,
  },
  waiting: {
    pause: {
      refused:
        'pause is refused: the stage is waiting, and its device is free already. Allowed now: retry, skip, amend, stop.',
    },
    resume: {
      refused:
        'resume is refused: the stage is waiting, and it is not paused: its question has to be answered. Allowed now: retry, skip, amend, stop.',
    },
    retry: { after: 'queued', then: 'done' },
    ...ENDS,
  },
  done: CLOSED,
  skipped: CLOSED,
  stopped: CLOSED,
  failed: CLOSED,
  cancelled: CLOSED,
  superseded: CLOSED,
};

const INPUT: Readonly<Record<StageUpdate, Record<string, unknown>>> = {
  pause: { actor: 'ann', reason: 'dinner' },
  resume: { actor: 'ann' },
  retry: { actor: 'ann' },
  skip: { actor: 'ann' },
  amend: { actor: 'ann', set: { 'training.learning_rate': 0.01 } },
  stop: { actor: 'ann' },
};

let bench: Bench;
const script = new Script();
beforeAll(async () => {
  script.checkpoints = [{ epoch: 1, step: 5 }];
  bench = await openBench(inject('temporalAddress'), script, { cached: false });
});
afterAll(() => bench.close());

const cells = Object.entries(TABLE).flatMap(([state, row]) =>
  Object.entries(row).map(([update, cell]) => ({
    state: state as StageState,
    update: update as StageUpdate,
    cell,
  })),
);

describe.concurrent('stage', () => {
  test.each(cells)('$state x $update', async ({ state, update, cell }) => {
    const saved = later();
    const handle = await bring(`${state}-${update}`, state, saved.promise);
    // What runs stops only once the update is in the history: it meets the state that the row names.
    const free = state === 'pausing' ? saved.now : () => undefined;
    const said = await tellStage(handle, update, INPUT[update], free);
    if (cell === 'closed') expect(said).toBe('closed');
    else if ('refused' in cell) expect(said).toEqual({ refused: cell.refused });
    else {
      expect(said).toMatchObject({ answer: { state: cell.after } });
      saved.now();
      if (cell.then === 'paused') await stageIs(handle, 'paused');
      else await expect(handle.result()).resolves.toMatchObject({ state: cell.then });
    }
    saved.now();
    if ((await handle.describe()).status.name === 'RUNNING') await handle.terminate();
  });
});

/** A stage of this name in this state. */
async function bring(name: string, state: StageState, saved: Promise<void>): Promise<StageHandle> {
  const stage = stageOf(key(), name);
  const { actsOf } = script;
  switch (state) {
    case 'queued':
      script.withoutDevice.add(name);
      break;
    case 'running':
    case 'pausing':
    case 'paused':
    case 'cancelled':
      actsOf.set(name, [{ do: 'work', ...(state === 'pausing' ? { saved } : {}) }]);
      break;
    case 'waiting':
    case 'skipped':
    case 'stopped':
    case 'superseded':
      actsOf.set(name, [{ do: 'fail', type: 'DiskFull' }]);
      break;
    case 'failed':
      actsOf.set(name, [{ do: 'fail', type: 'DataInvalid' }]);
      break;
    case 'done':
      actsOf.set(name, []);
      break;
  }
  const handle = await startStage(bench, stage);
  const pause = () => tellStage(handle, 'pause', INPUT.pause);
  const end = () => handle.result().catch(() => undefined);
  switch (state) {
    case 'queued':
      await stageIs(handle, 'queued');
      break;
    case 'running':
      await stageIs(handle, 'running');
      break;
    case 'pausing':
      await until(async () => script.training.has(name));
      await pause();
      await stageIs(handle, 'pausing');
      break;
    case 'paused':
      await stageIs(handle, 'running');
      await pause();
      await stageIs(handle, 'paused');
      break;
    case 'waiting':
      await stageIs(handle, 'waiting');
      break;
    case 'skipped':
    case 'stopped':
    case 'superseded': {
      const update = ({ skipped: 'skip', stopped: 'stop', superseded: 'amend' } as const)[state];
      await stageIs(handle, 'waiting');
      await tellStage(handle, update, INPUT[update]);
      await end();
      break;
    }
    case 'cancelled':
      await stageIs(handle, 'running');
      await handle.cancel();
      await end();
      break;
    case 'failed':
    case 'done':
      await end();
      break;
  }
  return handle;
}
