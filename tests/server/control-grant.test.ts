/** A pause that comes while this host claims a device and an epoch: the real activity and store give both back. Training is scripted. */
import { Context } from '@temporalio/activity';
import pino from 'pino';
import { expect, inject, test } from 'vitest';
import { createClassActivities } from '../../activities/training/class-activities.js';
import { openTraining } from '../../activities/training/context.js';
import { readEnd } from '../../store/claims.js';
import { temporaryFolder, temporaryStore, TIMERS } from '../support/runs.js';
import { key, later, startStage, tellStage } from './control-support.js';
import { openBench, stageOf } from './harness.js';
import { Script } from './scripted-activities.js';

test('what was claimed when the pause came is given back before it is answered', async ({ onTestFinished }) => {
  const store = await temporaryStore();
  const settings = {
    store: 'file:///nowhere',
    host: 'host-a',
    hostFolder: await temporaryFolder(),
    devices: [],
    cpuSlots: 1,
    shutdown: 'stop',
    timers: TIMERS,
  } as const;
  const context = openTraining(settings, store, pino({ level: 'silent' }));
  const claimed = later();
  const grants = createClassActivities({
    ...context,
    store: {
      ...store,
      async claimEpoch(request) {
        const claim = await store.claimEpoch(request);
        claimed.now();
        await Context.current().cancelled.catch(() => undefined);
        return claim;
      },
    },
  });
  const script = new Script();
  const bench = await openBench(inject('temporalAddress'), {
    activities: (host, prefix) => ({ ...script.activities(host, prefix), ...grants }),
  });
  onTestFinished(() => bench.close());

  const stage = stageOf(key());
  const handle = await startStage(bench, stage);
  await claimed.promise;
  expect(context.leases.list()).toHaveLength(1);
  expect(await readEnd(store.objects, stage.key, 1)).toBeNull();

  const paused = await tellStage(handle, 'pause', { actor: 'ann' });
  expect(paused).toMatchObject({ answer: { state: 'paused' } });
  expect(context.leases.list()).toHaveLength(0);
  expect(await readEnd(store.objects, stage.key, 1)).toMatchObject({ how: 'gone' });
  expect(script.calls).not.toContain('train');
  await handle.terminate();
});
