/** Foreign checkpoints are referred to in place. Proved with a sparse file of 5 GB (STAGEWRIGHT_TEST_FOREIGN_GB changes that). */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { diskUsage, KEY, owner, temporaryFolder, temporaryStore } from '../support/runs.js';

const CHECKPOINT = { key: KEY, epoch: 1, reach: 'shared', trainer: { name: 'foreign', version: '1' } } as const;
/** (printf 'header of a safetensors file'; head -c $((5*1024**3-28)) /dev/zero) | sha256sum */
const SHA256_OF_5_GB = '744bbe1035a3e7201e78e80467d4c7e3e121fbad4c7d4caa7f3262792dbf1bea';
const BYTES = Number(process.env['STAGEWRIGHT_TEST_FOREIGN_GB'] ?? 5) * 1024 ** 3;

it('a sparse 5 GB checkpoint is committed at once, not copied, and hashed before hand-over', async () => {
  const store = await temporaryStore();
  const folder = join(await temporaryFolder(), 'global_step_10');
  mkdirSync(join(folder, 'actor'), { recursive: true });
  const file = join(folder, 'actor', 'model.bin');
  writeFileSync(file, 'header of a safetensors file');
  truncateSync(file, BYTES);
  await store.claimEpoch({ key: KEY, owner: owner(), host: 'host-a', devices: [] });

  const before = diskUsage(store.root);
  const manifest = await store.commitForeign({
    key: KEY,
    epoch: 1,
    step: 10,
    root: pathToFileURL(folder).href,
    files: ['actor/model.bin'],
    reach: 'host:host-a',
    trainer: { name: 'foreign', version: '1' },
  });
  expect(manifest.files).toEqual([
    { path: 'actor/model.bin', size: BYTES, header_sha256: expect.any(String) as string },
  ]);
  expect(await store.verifyCheckpoint(manifest)).toEqual({ kind: 'whole' });
  // A few small JSON files, whatever the checkpoint's size.
  expect(diskUsage(store.root) - before).toBeLessThan(64 * 1024);

  expect(await store.verifyForHandover(manifest)).toMatchObject({
    kind: 'damaged',
    why: expect.stringContaining('not hashed') as string,
  });
  const sidecar = await store.hashInBackground(manifest);
  if (BYTES === 5 * 1024 ** 3) expect(sidecar.files[0]?.sha256).toBe(SHA256_OF_5_GB);
  expect(await store.readSidecar(manifest)).toEqual(sidecar);
  // Resume finds it without reading it whole.
  expect(await store.newestManifest(KEY, 1)).toMatchObject({ manifest: { step: 10 }, passedOver: [] });
});

it('hand-over reads every byte, resume only the head', async () => {
  const store = await temporaryStore();
  const folder = await temporaryFolder();
  const file = join(folder, 'model.bin');
  writeFileSync(file, Buffer.alloc(300_000, 7));
  await store.claimEpoch({ key: KEY, owner: owner(), host: 'host-a', devices: [] });
  const manifest = await store.commitForeign({
    ...CHECKPOINT,
    step: 10,
    root: pathToFileURL(folder).href,
    files: ['model.bin'],
  });
  await store.hashInBackground(manifest);
  expect(await store.verifyForHandover(manifest)).toEqual({ kind: 'whole' });
  const change = async (at: number): Promise<void> => {
    const handle = await open(file, 'r+');
    await handle.write('X', at);
    await handle.close();
  };
  await change(299_999);
  expect(await store.verifyCheckpoint(manifest)).toEqual({ kind: 'whole' });
  expect(await store.verifyForHandover(manifest)).toMatchObject({
    kind: 'damaged',
    file: 'model.bin',
    why: 'another sha256',
  });
  await change(9);
  expect(await store.verifyCheckpoint(manifest)).toMatchObject({ kind: 'damaged', file: 'model.bin' });
});

it('only listed files of a foreign checkpoint are deleted', async () => {
  const store = await temporaryStore();
  const outputs = await temporaryFolder();
  await store.claimEpoch({ key: KEY, owner: owner(), host: 'host-a', devices: [] });
  for (const step of [10, 20, 30]) {
    mkdirSync(join(outputs, `step-${step}`, 'actor'), { recursive: true });
    writeFileSync(join(outputs, `step-${step}`, 'actor', 'model.bin'), `weights ${step}`);
    if (step === 10) writeFileSync(join(outputs, `step-${step}`, 'notes.txt'), 'a person wrote this');
    await store.commitForeign({
      key: KEY,
      epoch: 1,
      step,
      root: pathToFileURL(join(outputs, `step-${step}`)).href,
      files: ['actor/model.bin'],
      reach: 'shared',
      trainer: { name: 'foreign', version: '1' },
    });
  }
  expect(await store.prune(KEY, 1, 2)).toEqual([{ epoch: 1, step: 10 }]);
  expect((await readdir(outputs)).sort()).toEqual(['step-10', 'step-20', 'step-30']);
  expect(await readdir(join(outputs, 'step-10'))).toEqual(['notes.txt']);
});
