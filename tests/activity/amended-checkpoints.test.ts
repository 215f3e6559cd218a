/** Checkpoints across amended stages: found, gone on from, exported before their stage is done. The trainer is a hash chain. */
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../core/canonical-json.js';
import { checkpointWeightsKey } from '../../core/plan.js';
import type { Outcome } from '../../core/launch.js';
import { exportCheckpoint } from '../../runner/export-checkpoint.js';
import { launchOrAttach, stopRun, watchRun } from '../../runner/launcher.js';
import { repairExport } from '../../runner/repair-export.js';
import { findWhole } from '../../store/find-checkpoint.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { claim, KEY, launchOf, owner, temporaryFolder, temporaryStore, TIMERS } from '../support/runs.js';

const AMENDED = sha256Hex('the stage, amended');

/** Trains the first stage to its end (20 steps, all checkpoints kept). */
async function firstStage(store: Store): Promise<void> {
  const launch = await launchOf(store, await claim(store), await temporaryFolder(), { keep: 10 });
  await launchOrAttach(launch);
  expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
}

/** Runs the amended stage, which goes on from `step` of the first one. */
async function amendedStage(
  store: Store,
  step: number,
  script = {},
  stopAt?: number,
): Promise<Outcome | 'lost' | null> {
  const claimed = await store.claimEpoch({ key: AMENDED, owner: owner(1, 'amended'), host: 'host-a', devices: [] });
  if (claimed.kind !== 'claimed') throw new Error('finished');
  await store.describeStage(AMENDED, { name: 'amended', material: { continues: { key: KEY, step } } });
  const plain = await launchOf(store, claimed.claim, await temporaryFolder(), { keep: 10, script, stepMs: 20 });
  const manifest = await store.readManifest(KEY, { epoch: 1, step });
  if (manifest === null) throw new Error('no manifest');
  const resume = { folder: store.checkpointFolder(manifest), step, files: manifest.files };
  const launch = {
    ...plain,
    continues: { key: KEY, epoch: 1, step },
    job: JSON.parse(JSON.stringify({ ...(plain.job as object), resume })) as typeof plain.job,
  };
  await launchOrAttach(launch);
  if (stopAt === undefined) return watchRun(launch);
  const abort = new AbortController();
  const watching = watchRun(launch, {
    signal: abort.signal,
    onProgress: (progress) => (progress.step ?? 0) >= stopAt && abort.abort(),
  });
  await expect(watching).rejects.toThrow();
  return stopRun({ runFolder: launch.run_folder, marker: launch.marker, graceMs: TIMERS.stop_grace_ms });
}

const model = (store: Store, key: string): string =>
  readFileSync(store.objects.path(`${layout.export(key, 1)}/model.txt`), 'utf8');

describe('an amended stage', () => {
  it('goes on at the step after the checkpoint that it continues, with that checkpoint’s state', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    expect(await amendedStage(store, 10)).toMatchObject({ kind: 'done' });
    const steps = readFileSync(store.objects.path(layout.metrics(AMENDED, 1)), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step);
    expect(steps).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    // The chain of hashes is the same, so the state was.
    expect(model(store, AMENDED)).toBe(model(store, KEY));
  });

  it('fails as ResumeNotHonoured when its trainer starts from nothing', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    expect(await amendedStage(store, 10, { ignore_resume: true })).toMatchObject({
      kind: 'failed',
      type: 'ResumeNotHonoured',
    });
  });

  it('has the checkpoints of the one that it continues, up to there', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    await amendedStage(store, 10, {}, 13);
    const continues = { key: KEY, step: 10 };
    const newest = await findWhole(store, AMENDED, continues, null);
    expect(newest.checkpoint).toMatchObject({ key: AMENDED, epoch: 1 });
    const [own] = newest.steps;
    expect(own).toBeGreaterThanOrEqual(13);
    expect(newest.steps.filter((step) => step <= 10)).toEqual([10, 5]);
    expect((await findWhole(store, AMENDED, continues, 5)).checkpoint).toEqual({ key: KEY, epoch: 1, step: 5 });
    // A third stage knows it from the second one's record.
    expect((await findWhole(store, sha256Hex('third'), { key: AMENDED, step: own ?? 0 }, 5)).checkpoint).toEqual({
      key: KEY,
      epoch: 1,
      step: 5,
    });
    // Steps of the first stage beyond the amendment are none of the second one's.
    expect((await findWhole(store, AMENDED, continues, 20)).checkpoint).toBeNull();
  });

  it('passes over a damaged checkpoint, and says which steps there are', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    truncateSync(store.objects.path(`${layout.checkpoint(KEY, 1, 20)}/weights.txt`), 3);
    expect(await findWhole(store, KEY, null, null)).toEqual({
      checkpoint: { key: KEY, epoch: 1, step: 15 },
      steps: [20, 15, 10, 5],
    });
    expect((await findWhole(store, KEY, null, 20)).checkpoint).toBeNull();
  });
});

describe('weights of a checkpoint', () => {
  const options = (step: number, run = 'exporter') => ({
    checkpoint: { key: KEY, epoch: 1, step },
    name: 'perception',
    owner: owner(1, run),
    host: 'host-a',
  });

  it('become a result of their own key, once, which is verified and repaired like any', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    const result = await exportCheckpoint(store, options(15));
    const key = checkpointWeightsKey({ key: KEY, step: 15 });
    expect(result).toMatchObject({ key, of: KEY, step: 15, final: { epoch: 1, step: 15 } });
    expect(model(store, key)).toContain('exported');
    expect(model(store, key)).not.toBe(model(store, KEY));
    expect(await exportCheckpoint(store, options(15, 'another'))).toEqual(result);
    expect(await store.readResult(key)).toEqual(result);
    // Nothing else can make them again.
    expect(await store.listPins(KEY)).toMatchObject([{ step: 15, needed_by: key }]);

    const file = join(store.exportFolder(result), 'model.txt');
    const before = readFileSync(file, 'utf8');
    truncateSync(file, 4);
    await repairExport(store, result, await store.verifyExport(result));
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('of two calls at once are the same', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    const [a, b] = await Promise.all([exportCheckpoint(store, options(10)), exportCheckpoint(store, options(10))]);
    expect(a).toEqual(b);
    expect(await store.verifyExport(a)).toEqual([]);
  });

  it('are refused when the checkpoint is damaged, naming the file', async () => {
    const store = await temporaryStore();
    await firstStage(store);
    truncateSync(store.objects.path(`${layout.checkpoint(KEY, 1, 15)}/weights.txt`), 3);
    await expect(exportCheckpoint(store, options(15))).rejects.toMatchObject({
      type: 'ExportCorrupt',
      message: expect.stringMatching(/step 15 of stage perception.*weights\.txt/u) as string,
    });
  });
});
