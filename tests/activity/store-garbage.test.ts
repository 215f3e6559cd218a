/** What gc finds and frees in real stores: unfinished, finished and running stages, zombies, foreign checkpoints, damage, kills. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';
import {
  freeStage,
  surveyGarbage,
  surveyLeftOvers,
  type GarbageOptions,
  type StageGarbage,
} from '../../store/garbage.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { makeStage } from '../support/made-stages.js';
import { temporaryFolder, temporaryStore } from '../support/runs.js';

const HOST = 'host-a';

async function survey(store: Store, key: string, options: Partial<GarbageOptions> = {}): Promise<StageGarbage> {
  for await (const found of surveyGarbage(store, { host: HOST, key, ...options })) return found;
  throw new Error('no such stage');
}
async function gc(store: Store, key: string): Promise<string[]> {
  return wasted({ waste: await freeStage(store, await survey(store, key), HOST) });
}
function wasted({ waste }: Pick<StageGarbage, 'waste'>): string[] {
  return waste.map((one) =>
    one.what === 'checkpoint' ? `${one.epoch}/${one.step}` : one.path.split('/').slice(-2).join('/'),
  );
}
function keptOf({ kept }: StageGarbage): Record<string, readonly string[]> {
  return Object.fromEntries(kept.map(({ epoch, step, why }) => [`${epoch}/${step}`, why]));
}

it('of a finished stage the final, the newest two and pinned ones stay; the rest goes, with its bytes', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15, 20], 4000);
  await stage.finish(1, { epoch: 1, step: 20 });
  await store.pinCheckpoint({ key: stage.key, epoch: 1, step: 5, actor: 'ann', reason: 'best' });
  const found = await survey(store, stage.key);
  expect(found).toMatchObject({
    name: 'seeing',
    left_alone: null,
    waste: [{ what: 'checkpoint', step: 10, bytes: 4000 }],
  });
  expect(keptOf(found)).toEqual({ '1/20': ['final', 'newest'], '1/15': ['newest'], '1/5': ['pinned by ann: best'] });
  // The survey deleted nothing.
  expect(await store.listManifests(stage.key, 1)).toEqual([20, 15, 10, 5]);
  expect(await gc(store, stage.key)).toEqual(['1/10']);
  expect(await store.objects.list(layout.checkpoints(stage.key, 1))).toEqual(['step-15', 'step-20', 'step-5']);
  expect(await store.verifyExport((await store.readResult(stage.key))!)).toEqual([]);
  expect(await gc(store, stage.key)).toEqual([]);
});

it('nothing goes before two newer ones were read and found whole', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15]);
  await stage.end(1);
  truncateSync(stage.weights(1, 15), 3);
  truncateSync(stage.weights(1, 10), 3);
  const found = await survey(store, stage.key);
  expect(found.waste).toEqual([]);
  expect(await gc(store, stage.key)).toEqual([]);
  // One whole of three: the two damaged ones are newer than it, and it is what a resume would read.
  expect(keptOf(found)).toEqual({ '1/15': ['newest'], '1/10': ['newest'], '1/5': ['newest'] });
  await stage.epoch();
  await stage.own(2, [10, 15]);
  await stage.end(2);
  // On the lineage now: 2/15, 2/10, 1/5. The damaged ones are on none.
  expect((await gc(store, stage.key)).sort()).toEqual(['1/10', '1/15', '1/5']);
});

it('a stage whose epoch has not ended is never touched, whatever lies in it', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15, 20]);
  const partial = store.objects.path(`${layout.checkpoints(stage.key, 1)}/.partial-21-1`);
  mkdirSync(partial);
  const old = store.objects.path(`${layout.manifests(stage.key, 1)}/.tmp-abc`);
  writeFileSync(old, '');
  utimesSync(old, 1, 1);
  expect(await survey(store, stage.key)).toMatchObject({
    waste: [],
    left_alone: 'epoch 1 on host-a has not ended',
  });
  await stage.end(1);
  expect(await gc(store, stage.key)).toEqual(['1/10', '1/5', 'checkpoints/.partial-21-1', 'manifests/.tmp-abc']);
  expect([existsSync(partial), existsSync(old)]).toEqual([false, false]);
});

it('an unfinished stage that a curriculum still wants is left alone with the reason', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15]);
  await stage.end(1, 'stopped');
  const inUse = ({ name }: { name: string | null }): string | null => (name === 'seeing' ? 'digits runs' : null);
  expect(await survey(store, stage.key, { inUse })).toMatchObject({ waste: [], left_alone: 'digits runs' });
  expect(wasted(await survey(store, stage.key))).toEqual(['1/5']);
});

it('what an unfinished amended stage goes on from stays until it is done', async () => {
  const store = await temporaryStore();
  const [stage, amended] = [makeStage(store, 'seeing'), makeStage(store, 'seeing, slower')];
  await stage.epoch();
  await stage.own(1, [5, 10, 15, 20]);
  await stage.end(1);
  const pin = { key: stage.key, epoch: 1, step: 5, actor: 'stagewright', reason: 'stage seeing goes on from it' };
  await store.pinCheckpoint({ ...pin, needed_by: amended.key });
  expect(await gc(store, stage.key)).toEqual(['1/10']);
  expect(keptOf(await survey(store, stage.key))).toMatchObject({ '1/5': ['stage seeing goes on from it'] });
  await amended.epoch();
  await amended.own(1, [10]);
  await amended.finish(1, { epoch: 1, step: 10 });
  expect(await gc(store, stage.key)).toEqual(['1/5']);
});

it('zombies’ checkpoints and half-made exports of ended epochs go, those of epochs that may live stay', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10]);
  await stage.epoch();
  await stage.own(2, [15, 20]);
  // A zombie of epoch 1 goes on.
  await stage.own(1, [15, 20, 25]);
  const half = store.objects.path(layout.export(stage.key, 1));
  mkdirSync(half, { recursive: true });
  writeFileSync(join(half, 'model'), 'half');
  await stage.end(2);
  expect(await gc(store, stage.key)).toEqual(['1/10', '1/5', '1/25', '1/20', '1/15', '1/export']);
  expect(await store.lineage(stage.key, 2)).toEqual([
    { epoch: 2, step: 20 },
    { epoch: 2, step: 15 },
  ]);
});

it('of foreign checkpoints only the files that the manifest names go, and only by a host that sees them', async () => {
  const store = await temporaryStore();
  const outputs = await temporaryFolder();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.foreign(1, 10, join(outputs, 'step-10'), 'host:host-b');
  for (const step of [20, 30, 40]) await stage.foreign(1, step, join(outputs, `step-${step}`));
  writeFileSync(join(outputs, 'step-20', 'actor', 'notes.txt'), 'a person wrote this');
  await stage.end(1);
  expect(await gc(store, stage.key)).toEqual(['1/20']);
  expect(readdirSync(outputs).sort()).toEqual(['step-10', 'step-20', 'step-30', 'step-40']);
  expect(readdirSync(join(outputs, 'step-20', 'actor'))).toEqual(['notes.txt']);
  expect(keptOf(await survey(store, stage.key))['1/10']).toEqual(['on host:host-b alone']);
  expect(wasted(await survey(store, stage.key, { host: 'host-b' }))).toEqual(['1/10']);
  // Without its manifest nobody knows what files it had.
  writeFileSync(store.objects.path(layout.manifest(stage.key, 1, 10)), '{');
  expect(wasted(await survey(store, stage.key, { host: 'host-b' }))).toEqual([]);
});

it('killed anywhere it leaves each checkpoint whole or gone, and the next gc ends the work', async () => {
  for (const point of ['gc-mid:1', 'gc-mid:2', 'prune-mid:1', 'prune-mid:2', 'gc-mid:3']) {
    const store = await temporaryStore();
    const outputs = await temporaryFolder();
    const stage = makeStage(store, 'seeing');
    await stage.epoch();
    await stage.own(1, [5, 10]);
    await stage.foreign(1, 15, join(outputs, 'step-15'));
    await stage.own(1, [20, 25, 30]);
    await stage.finish(1, { epoch: 1, step: 30 });
    const script = `
      const [{ openStore }, { surveyGarbage, freeStage }] = await Promise.all([
        import(${JSON.stringify(join(ROOT, 'dist/store/store.js'))}),
        import(${JSON.stringify(join(ROOT, 'dist/store/garbage.js'))}),
      ]);
      const store = await openStore(${JSON.stringify(store.root)});
      for await (const found of surveyGarbage(store, { host: 'host-a' })) await freeStage(store, found, 'host-a');`;
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, STAGEWRIGHT_FAIL_POINT: point },
      encoding: 'utf8',
    });
    expect(killed, point).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    const left = await store.lineage(stage.key, 1);
    expect(left.slice(0, 2), point).toEqual([
      { epoch: 1, step: 30 },
      { epoch: 1, step: 25 },
    ]);
    for (const ref of left) {
      const manifest = await store.readManifest(stage.key, ref);
      expect(manifest === null ? null : await store.verifyCheckpoint(manifest), point).toEqual({ kind: 'whole' });
    }
    await gc(store, stage.key);
    expect(await store.objects.list(layout.checkpoints(stage.key, 1)), point).toEqual(['step-25', 'step-30']);
    expect(readdirSync(outputs), point).toEqual([]);
    expect(await survey(store, stage.key), point).toMatchObject({ waste: [], left_alone: null });
    expect(await store.verifyExport((await store.readResult(stage.key))!), point).toEqual([]);
  }
});

it('temporary files beside data sets and evaluations go after a day, not before', async () => {
  const store = await temporaryStore();
  const made = (path: string): string => {
    const at = store.objects.path(path);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'rows.jsonl'), 'rows');
    return at;
  };
  const [old] = [made('data/.partial-old'), made('data/.partial-new'), made(`data/${'a'.repeat(64)}`)];
  utimesSync(old ?? '', 1, 1);
  expect(await surveyLeftOvers(store)).toEqual([{ what: 'left-over', path: old, bytes: 4 }]);
  rmSync(old ?? '', { recursive: true });
  expect(await surveyLeftOvers(store)).toEqual([]);
});
