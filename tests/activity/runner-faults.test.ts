/** Runs that go wrong: misbehaving trainers, killed runners, wrong resumes. Each gets its failure type, and no process is left. */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Launch, Outcome } from '../../core/launch.js';
import { launchOrAttach, stopRun, watchRun } from '../../runner/launcher.js';
import { kill } from '../../runner/processes.js';
import { readState } from '../../runner/run-folder.js';
import { layout } from '../../store/layout.js';
import {
  claim,
  eventually,
  KEY,
  launchOf,
  pidsOf,
  temporaryFolder,
  temporaryStore,
  type LaunchOptions,
} from '../support/runs.js';

async function runOnce(options: LaunchOptions): Promise<{ outcome: Outcome | 'lost'; launch: Launch }> {
  const store = await temporaryStore();
  const launch = await launchOf(store, await claim(store), await temporaryFolder(), options);
  await launchOrAttach(launch);
  return { outcome: await watchRun(launch), launch };
}

describe('a trainer', () => {
  it('that ends early without error has not finished the stage', async () => {
    const { outcome } = await runOnce({ script: { exit_after: 12 } });
    expect(outcome).toMatchObject({ kind: 'failed', type: 'TrainerExited' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('after step 12 of 20'));
  });

  it('that fails is named by its exit code and last lines', async () => {
    const { outcome } = await runOnce({ script: { fail: { code: 9, text: 'CUDA out of memory\n' } } });
    expect(outcome).toMatchObject({
      kind: 'failed',
      type: 'TrainerExited',
      details: { exit: 'ended with exit code 9' },
    });
    expect(outcome).toHaveProperty('message', expect.stringContaining('CUDA out of memory'));
  });

  it('may name its failure in its last line', async () => {
    const text = `${JSON.stringify({ type: 'DiskFull', message: 'no space for step 5', details: {} })}\n`;
    const { outcome } = await runOnce({ script: { fail: { code: 3, text } } });
    expect(outcome).toMatchObject({ kind: 'failed', type: 'DiskFull', message: 'no space for step 5' });
  });

  it('that trains beyond a wrong start is killed before it publishes anything', async () => {
    const store = await temporaryStore();
    const hosts = await temporaryFolder();
    const first = await launchOf(store, await claim(store, 1), hosts, { script: { exit_after: 12, exit_code: 1 } });
    await launchOrAttach(first);
    await watchRun(first);
    const next = await claim(store, 2);
    expect(next.resume_from).toEqual({ epoch: 1, step: 10 });
    const second = await launchOf(store, next, hosts, { script: { ignore_resume: true } });
    await launchOrAttach(second);
    expect(await watchRun(second)).toMatchObject({
      kind: 'failed',
      type: 'ResumeNotHonoured',
      details: { expected: 11, found: 1 },
    });
    expect(await store.listManifests(KEY, 2)).toEqual([]);
    expect(pidsOf(second.marker)).toEqual([]);
  });

  it('must train nothing when the checkpoint is at the planned step', async () => {
    const store = await temporaryStore();
    const hosts = await temporaryFolder();
    const first = await launchOf(store, await claim(store, 1), hosts, { script: { fail_export: true } });
    await launchOrAttach(first);
    await watchRun(first);
    const second = await launchOf(store, await claim(store, 2), hosts, { script: { train_to: 22 } });
    await launchOrAttach(second);
    expect(await watchRun(second)).toMatchObject({ kind: 'failed', type: 'ResumeNotHonoured', details: { found: 21 } });
    expect(await store.readResult(KEY)).toBeNull();
  });

  it('whose last checkpoint is torn has not finished; nothing is committed of it', async () => {
    const { outcome, launch } = await runOnce({ script: { torn_checkpoint_at: 20 } });
    expect(outcome).toMatchObject({ kind: 'failed', type: 'TrainerExited' });
    expect(readState(launch.run_folder)?.last_manifest).toEqual({ epoch: 1, step: 15 });
  });

  it('that hears no SIGTERM is killed after the grace, with children that left its group', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), {
      script: { hang: true, ignore_sigterm: true, orphans: true },
      timers: { stop_grace_ms: 500 },
    });
    await launchOrAttach(launch);
    // Runner, trainer, and two shells or sleeps of the double fork at least.
    await eventually('orphans live', () => pidsOf(launch.marker).length >= 4);
    expect(await stopRun({ runFolder: launch.run_folder, marker: launch.marker })).toMatchObject({ kind: 'stopped' });
    expect(pidsOf(launch.marker)).toEqual([]);
  });
});

describe('a runner', () => {
  it('killed mid-run is told as lost, with nothing of its tree left, and the next epoch goes on', async () => {
    const store = await temporaryStore();
    const hosts = await temporaryFolder();
    const launch = await launchOf(store, await claim(store, 1), hosts, { stepMs: 40, script: { orphans: true } });
    const launched = await launchOrAttach(launch);
    if (launched.kind !== 'running') throw new Error(launched.kind);
    await eventually('a manifest', () => (readState(launch.run_folder)?.last_manifest?.step ?? 0) >= 5);
    kill(launched.runner.pid, 'SIGKILL');
    await eventually('its death', () => !pidsOf(launch.marker).includes(launched.runner.pid));
    // The trainer is an orphan now and trains on.
    expect(pidsOf(launch.marker).length).toBeGreaterThan(0);
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'lost' });
    expect(pidsOf(launch.marker)).toEqual([]);

    await store.endEpoch(KEY, 1, 'gone');
    const next = await launchOf(store, await claim(store, 2), hosts);
    expect(next.resume_from?.step).toBeGreaterThanOrEqual(5);
    await launchOrAttach(next);
    expect(await watchRun(next)).toMatchObject({ kind: 'done' });
  });

  it('killed while a worker watches is lost too', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 50 });
    const launched = await launchOrAttach(launch);
    if (launched.kind !== 'running') throw new Error(launched.kind);
    const watch = watchRun(launch);
    kill(launched.runner.pid, 'SIGKILL');
    expect(await watch).toBe('lost');
    expect(pidsOf(launch.marker)).toEqual([]);
  });

  it('keeps its trainer while the store is away, and publishes when it is back', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 30 });
    await launchOrAttach(launch);
    await eventually('step 2', () => (readState(launch.run_folder)?.step ?? 0) >= 2);
    // The mark of a store is not there: an unmounted file system shows its empty mount point.
    const mark = `${store.root}/store.json`;
    renameSync(mark, `${mark}.away`);
    await eventually('later steps', () => (readState(launch.run_folder)?.step ?? 0) >= 12);
    expect(readdirSync(store.objects.path(layout.epoch(KEY, 1)))).not.toContain('manifests');
    renameSync(`${mark}.away`, mark);
    expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
  });

  it('whose start failed before its first word is lost, and says where to look', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder());
    process.env['STAGEWRIGHT_FAIL_POINT'] = 'runner-start:1';
    try {
      expect(await launchOrAttach(launch)).toMatchObject({
        kind: 'lost',
        reason: expect.stringContaining('runner.log') as string,
      });
    } finally {
      delete process.env['STAGEWRIGHT_FAIL_POINT'];
    }
    // It never came to start a trainer, so the same epoch may still be launched.
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'running' });
    expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
  });

  for (const point of [
    'manifest-before:2',
    'manifest-after:2',
    'prune-mid:1',
    'export-before:1',
    'result-before:1',
    'result-after:1',
  ]) {
    it(`killed at ${point} loses nothing that was committed`, async () => {
      const store = await temporaryStore();
      const hosts = await temporaryFolder();
      const first = await launchOf(store, await claim(store, 1), hosts);
      process.env['STAGEWRIGHT_FAIL_POINT'] = point;
      try {
        await launchOrAttach(first);
      } finally {
        delete process.env['STAGEWRIGHT_FAIL_POINT'];
      }
      expect(await watchRun(first)).toBe('lost');
      expect(pidsOf(first.marker)).toEqual([]);
      await store.endEpoch(KEY, 1, 'gone');
      const found = await store.readResult(KEY);
      if (point === 'result-after:1') {
        expect(found).toMatchObject({ step: 20 });
        return;
      }
      expect(found).toBeNull();
      const second = await launchOf(store, await claim(store, 2), hosts);
      expect(second.resume_from?.step).toBeGreaterThanOrEqual(5);
      await launchOrAttach(second);
      expect(await watchRun(second)).toMatchObject({ kind: 'done' });
    });
  }

  it('told by an ended epoch that it comes too late does nothing', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder());
    await store.endEpoch(KEY, 1, 'gone');
    await launchOrAttach(launch);
    expect(await watchRun(launch)).toEqual({ kind: 'stopped', reason: 'fenced' });
    expect(await store.objects.get(layout.metrics(KEY, 1))).toBeNull();
  });

  it('is not taken for another process that has its pid', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 50 });
    await launchOrAttach(launch);
    const state = readState(launch.run_folder);
    if (state === null) throw new Error('no state');
    kill(state.pid, 'SIGKILL');
    await eventually('its death', () => !pidsOf(launch.marker).includes(state.pid));
    await delay(1_100);
    // This very process lives, but with another start time and without the marker.
    writeFileSync(`${launch.run_folder}/state.json`, JSON.stringify({ ...state, pid: process.pid }));
    expect(await launchOrAttach(launch)).toMatchObject({ kind: 'lost' });
  });
});
