/** A run from launch to its end: the real runner process with the stand-in trainer. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { launchOrAttach, stopRun, watchRun } from '../../runner/launcher.js';
import { readState, runFiles } from '../../runner/run-folder.js';
import { layout } from '../../store/layout.js';
import {
  claim,
  eventually,
  KEY,
  launchOf,
  owner,
  pidsOf,
  temporaryFolder,
  temporaryStore,
  TIMERS,
} from '../support/runs.js';

describe('a run', () => {
  it('trains, commits, prunes, exports, publishes its result and leaves no process', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { devices: ['3', '5'] });
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'running', adopted: false });
    const steps: (number | null)[] = [];
    const outcome = await watchRun(launch, { onProgress: ({ step }) => steps.push(step) });
    expect(outcome).toMatchObject({ kind: 'done', result: { step: 20, final: { epoch: 1, step: 20 } } });
    expect(outcome).toEqual({ kind: 'done', result: await store.readResult(KEY) });
    expect(await store.listManifests(KEY, 1)).toEqual([20, 15]);
    expect(await store.objects.list(layout.checkpoints(KEY, 1))).toEqual(['step-15', 'step-20']);
    expect(await store.readEnd(KEY, 1)).toMatchObject({ how: 'done' });
    expect(readFileSync(store.objects.path(layout.trainerLog(KEY, 1)), 'utf8')).toContain('devices 3,5');
    await eventually('no process is left', () => pidsOf(launch.marker).length === 0);
    // Asked again, it tells how it ended and starts nothing.
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'ended', outcome: { kind: 'done' } });
  });

  it('starts one runner when launched twice at once', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 50 });
    const both = await Promise.all([launchOrAttach(launch), launchOrAttach(launch)]);
    const [a, b] = both.map((launched) => (launched.kind === 'running' ? launched.runner.pid : null));
    expect(a).toBeTypeOf('number');
    expect(b).toBe(a);
    expect(both.map((launched) => launched.kind === 'running' && launched.adopted).sort()).toEqual([false, true]);
    await stopRun({ runFolder: launch.run_folder, marker: launch.marker });
  });

  it('saves and stops when asked, and the next epoch goes on from there to the same bytes', async () => {
    const undisturbed = await temporaryStore();
    const whole = await launchOf(undisturbed, await claim(undisturbed), await temporaryFolder());
    await launchOrAttach(whole);
    const straight = await watchRun(whole);

    const store = await temporaryStore();
    const hosts = await temporaryFolder();
    const first = await launchOf(store, await claim(store, 1), hosts, { stepMs: 40 });
    await launchOrAttach(first);
    await eventually('step 7', () => (readState(first.run_folder)?.step ?? 0) >= 7);
    expect(await stopRun({ runFolder: first.run_folder, marker: first.marker })).toEqual({
      kind: 'stopped',
      reason: 'requested',
    });
    expect(pidsOf(first.marker)).toEqual([]);

    const next = await claim(store, 2);
    const [newest = 0] = await store.listManifests(KEY, 1);
    expect(newest).toBeGreaterThanOrEqual(7);
    expect(next.resume_from).toEqual({ epoch: 1, step: newest });
    const second = await launchOf(store, next, hosts);
    await launchOrAttach(second);
    const resumed = await watchRun(second);
    const metrics = readFileSync(store.objects.path(layout.metrics(KEY, 2)), 'utf8').split('\n');
    expect(JSON.parse(metrics[0] ?? '')).toMatchObject({ step: newest + 1 });
    if (straight === 'lost' || resumed === 'lost' || straight.kind !== 'done' || resumed.kind !== 'done')
      throw new Error(`not done: ${JSON.stringify([straight, resumed])}`);
    expect(resumed.result.export.files).toEqual(straight.result.export.files);
  });

  it('exports without training when the checkpoint is at the planned step already', async () => {
    const store = await temporaryStore();
    const hosts = await temporaryFolder();
    const first = await launchOf(store, await claim(store, 1), hosts, { script: { fail_export: true } });
    await launchOrAttach(first);
    expect(await watchRun(first)).toMatchObject({
      kind: 'failed',
      type: 'TrainerExited',
      details: { exit: 'ended with exit code 7' },
    });
    const second = await launchOf(store, await claim(store, 2), hosts);
    expect(second.resume_from).toEqual({ epoch: 1, step: 20 });
    await launchOrAttach(second);
    expect(await watchRun(second)).toMatchObject({ kind: 'done', result: { epoch: 2, final: { epoch: 1, step: 20 } } });
  });

  it('stops at a checkpoint when nobody attends it', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), {
      stepMs: 50,
      steps: 1000,
      timers: { unattended_stop_ms: 700 },
    });
    await launchOrAttach(launch);
    const outcome = await watchRun(launch, { attend: false });
    expect(outcome).toEqual({ kind: 'stopped', reason: 'unattended' });
    expect((await store.listManifests(KEY, 1))[0]).toBe(readState(launch.run_folder)?.step);
  });

  it('is never started after it was told to stop', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder());
    expect(await stopRun({ runFolder: launch.run_folder, marker: launch.marker })).toBeNull();
    expect(await launchOrAttach(launch)).toEqual({ kind: 'ended', outcome: { kind: 'stopped', reason: 'requested' } });
    expect(pidsOf(launch.marker)).toEqual([]);
  });

  it('reports steps over a torn line of the metrics log', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), {
      script: { torn_metrics: true },
    });
    await launchOrAttach(launch);
    expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
  });

  it('a worker that stops watching leaves the run alone', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 30 });
    await launchOrAttach(launch);
    const worker = new AbortController();
    const watch = watchRun(launch, {
      signal: worker.signal,
      onProgress: () => worker.abort(new Error('worker stops')),
    });
    await expect(watch).rejects.toThrow('worker stops');
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'running', adopted: true });
    expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
    const lines = readFileSync(store.objects.path(layout.metrics(KEY, 1)), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    expect(readFileSync(runFiles.log(launch.run_folder), 'utf8').match(/runner of stage/g)).toHaveLength(1);
  });

  it('the same owner is given the same epoch, and a new one once that has ended', async () => {
    const store = await temporaryStore();
    const request = { key: KEY, owner: owner(), host: 'host-a', devices: [], epochTtlMs: TIMERS.epoch_ttl_ms };
    const [a, b] = await Promise.all([store.claimEpoch(request), store.claimEpoch(request)]);
    expect(a).toMatchObject({ kind: 'claimed', claim: { epoch: 1 } });
    expect(b).toEqual(a);
    await store.endEpoch(KEY, 1, 'gone');
    expect(await store.claimEpoch(request)).toMatchObject({ kind: 'claimed', claim: { epoch: 2 } });
  });
});
