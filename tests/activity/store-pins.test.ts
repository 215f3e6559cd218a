/** Pins on real files: what retention leaves alone, who holds a pin, when it lapses, and deletions that are cut short. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';
import { layout } from '../../store/layout.js';
import { makeStage } from '../support/made-stages.js';
import { temporaryFolder, temporaryStore } from '../support/runs.js';

const BY = { actor: 'ann', reason: 'best so far' };

it('retention leaves a pinned checkpoint alone until it is unpinned', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15, 20]);
  const pin = { key: stage.key, epoch: 1, step: 5, ...BY };
  expect(await store.pinCheckpoint(pin)).toBe('pinned');
  expect(await store.pinCheckpoint({ ...pin, actor: 'bob' })).toBe('already');
  expect(await store.listPins(stage.key)).toMatchObject([{ step: 5, actor: 'ann', reason: 'best so far' }]);
  expect(await store.prune(stage.key, 1, 2)).toEqual([{ epoch: 1, step: 10 }]);
  expect(await store.listManifests(stage.key, 1)).toEqual([20, 15, 5]);
  expect(await store.unpinCheckpoint(stage.key, { epoch: 1, step: 5 })).toBe(1);
  expect(await store.unpinCheckpoint(stage.key, { epoch: 1, step: 5 })).toBe(0);
  expect(await store.prune(stage.key, 1, 2)).toEqual([{ epoch: 1, step: 5 }]);
});

it('a checkpoint that is not there cannot be pinned, and leaves no pin', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  expect(await store.pinCheckpoint({ key: stage.key, epoch: 1, step: 7, ...BY })).toBe('gone');
  expect(await store.objects.list(layout.pins(stage.key))).toEqual([]);
});

it('a damaged pin still pins, and says that it is damaged', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  await stage.own(1, [5, 10, 15]);
  await store.pinCheckpoint({ key: stage.key, epoch: 1, step: 5, ...BY });
  writeFileSync(store.objects.path(`${layout.pins(stage.key)}/1-5.json`), '{"sche');
  expect(await store.prune(stage.key, 1, 2)).toEqual([]);
  expect(await store.listPins(stage.key)).toMatchObject([{ epoch: 1, step: 5, reason: 'its record is damaged' }]);
  expect(await store.unpinCheckpoint(stage.key, { epoch: 1, step: 5 })).toBe(1);
  expect(await store.prune(stage.key, 1, 2)).toEqual([{ epoch: 1, step: 5 }]);
});

it('what another stage goes on from stays until that stage is done; a person’s unpin does not take it', async () => {
  const store = await temporaryStore();
  const stage = makeStage(store, 'seeing');
  const amended = makeStage(store, 'seeing, amended');
  await stage.epoch();
  await stage.own(1, [5, 10, 15]);
  const pin = { key: stage.key, epoch: 1, step: 5, actor: 'stagewright', reason: 'amended' };
  await store.pinCheckpoint({ ...pin, needed_by: amended.key });
  expect(await store.unpinCheckpoint(stage.key, { epoch: 1, step: 5 })).toBe(0);
  expect(await store.prune(stage.key, 1, 2)).toEqual([]);
  await amended.epoch();
  await amended.own(1, [20]);
  expect(await store.prune(stage.key, 1, 2)).toEqual([]);
  await amended.finish(1, { epoch: 1, step: 20 });
  expect(await store.listPins(stage.key)).toEqual([]);
  expect(await store.prune(stage.key, 1, 2)).toEqual([{ epoch: 1, step: 5 }]);
});

it('a deletion of a foreign checkpoint that is killed half-way is ended by the next one', async () => {
  const store = await temporaryStore();
  const outputs = await temporaryFolder();
  const stage = makeStage(store, 'seeing');
  await stage.epoch();
  for (const step of [10, 20, 30]) await stage.foreign(1, step, join(outputs, `step-${step}`));
  writeFileSync(join(outputs, 'step-10', 'notes.txt'), 'a person wrote this');
  const script = `
    const { openStore } = await import(${JSON.stringify(join(ROOT, 'dist/store/store.js'))});
    await (await openStore(${JSON.stringify(store.root)})).prune(${JSON.stringify(stage.key)}, 1, 2);`;
  const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, STAGEWRIGHT_FAIL_POINT: 'prune-mid:1' },
    encoding: 'utf8',
  });
  expect(killed).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  expect(await store.listManifests(stage.key, 1)).toEqual([30, 20]);
  expect(existsSync(join(outputs, 'step-10', 'actor', 'model.bin'))).toBe(true);
  expect(await store.prune(stage.key, 1, 2)).toEqual([]);
  expect(readdirSync(join(outputs, 'step-10'))).toEqual(['notes.txt']);
  expect(await store.objects.list(layout.removals(stage.key))).toEqual([]);
});
