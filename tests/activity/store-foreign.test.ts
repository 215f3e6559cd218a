/** Foreign checkpoints are referred to in place. Proved with sparse files; STAGEWRIGHT_TEST_FOREIGN_GB=5 hashes 5 GB of them too. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { diskUsage, KEY, owner, temporaryFolder, temporaryStore } from '../support/runs.js';

const CHECKPOINT = { key: KEY, epoch: 1, reach: 'shared', trainer: { name: 'foreign', version: '1' } } as const;
const GB = 1024 ** 3;
/** Hashing 5 GB takes 12 s on a free core, a minute on a busy one: by default the file that is hashed has 1 GB. */
const HASHED_GB = Number(process.env['STAGEWRIGHT_TEST_FOREIGN_GB'] ?? 1);
/** By GB: (printf 'header of a safetensors file'; head -c $((GB*1024**3-28)) /dev/zero) | sha256sum */
const SHA256: Record<number, string> = {
  1: 'a8d72ecb3245b8efa0f80d70b13fb9cabfc254c55ded7deaad141e1d6ed74273',
  5: '744bbe1035a3e7201e78e80467d4c7e3e121fbad4c7d4caa7f3262792dbf1bea',
};

async function sparse(bytes: number): Promise<string> {
  const folder = join(await temporaryFolder(), 'global_step_10');
  mkdirSync(join(folder, 'actor'), { recursive: true });
  const file = join(folder, 'actor', 'model.bin');
  writeFileSync(file, 'header of a safetensors file');
  truncateSync(file, bytes);
  return pathToFileURL(folder).href;
}

it('a sparse 5 GB checkpoint is committed at once and not copied', async () => {
  const store = await temporaryStore();
  const root = await sparse(5 * GB);
  await store.claimEpoch({ key: KEY, owner: owner(), host: 'host-a', devices: [] });
  const before = diskUsage(store.root);
  const bytesRead = bytesReadSoFar();
  const manifest = await store.commitForeign({ ...CHECKPOINT, step: 10, root, files: ['actor/model.bin'] });
  expect(manifest.files).toEqual([
    { path: 'actor/model.bin', size: 5 * GB, header_sha256: expect.any(String) as string },
  ]);
  expect(await store.verifyCheckpoint(manifest)).toEqual({ kind: 'whole' });
  // Resume finds it without reading it whole.
  expect(await store.newestManifest(KEY, 1)).toMatchObject({ manifest: { step: 10 }, passedOver: [] });
  expect(bytesReadSoFar() - bytesRead).toBeLessThan(16 * 1024 * 1024);
  // A few small JSON files, whatever the checkpoint's size.
  expect(diskUsage(store.root) - before).toBeLessThan(64 * 1024);
});

it(`hashes ${HASHED_GB} GB in the background before hand-over`, async () => {
  const store = await temporaryStore();
  await store.claimEpoch({ key: KEY, owner: owner(), host: 'host-a', devices: [] });
  const root = await sparse(HASHED_GB * GB);
  const manifest = await store.commitForeign({ ...CHECKPOINT, step: 10, root, files: ['actor/model.bin'] });
  expect(await store.verifyForHandover(manifest)).toMatchObject({
    kind: 'damaged',
    why: expect.stringContaining('not hashed') as string,
  });
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  const sidecar = await store.hashInBackground(manifest);
  clearInterval(turning);
  // The event loop turned meanwhile: a renewal or a heartbeat beside it is not held up.
  expect(turns).toBeGreaterThan(10);
  expect(sidecar.files[0]?.sha256).toBe(SHA256[HASHED_GB]);
  expect(await store.readSidecar(manifest)).toEqual(sidecar);
});

/** By this process, whether or not from a cache. */
function bytesReadSoFar(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

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
