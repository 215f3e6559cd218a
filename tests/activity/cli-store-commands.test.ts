/** `checkpoints`, `gc` and `export` as a person types them, on real stores; weights by the stand-in trainer's real processes. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Provenance } from '../../client/export-weights.js';
import type { GarbageReport } from '../../client/collect-garbage.js';
import { launchOrAttach, watchRun } from '../../runner/launcher.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { runCli, type Ended } from '../support/cli.js';
import { makeStage } from '../support/made-stages.js';
import { claim, KEY, launchOf, temporaryFolder, temporaryStore } from '../support/runs.js';

function cli(store: Store, ...args: string[]): Promise<Ended> {
  return runCli(args, {
    env: { STAGEWRIGHT_STORE: store.root, STAGEWRIGHT_HOST: 'host-a', TEMPORAL_ADDRESS: '127.0.0.1:9' },
    cwd: join(store.root, '..'),
  });
}

async function twoStages(): Promise<{ store: Store; seeing: ReturnType<typeof makeStage> }> {
  const store = await temporaryStore();
  const seeing = makeStage(store, 'seeing');
  await seeing.epoch();
  await seeing.own(1, [5, 10, 15, 20]);
  await seeing.finish(1, { epoch: 1, step: 20 });
  const thinking = makeStage(store, 'thinking');
  await thinking.epoch();
  await thinking.own(1, [5, 10]);
  return { store, seeing };
}

describe('checkpoints', () => {
  it('lists, pins with actor and reason, and unpins', async () => {
    const { store, seeing } = await twoStages();
    expect(await cli(store, 'checkpoints', 'pin', 'seeing', '5', '--reason', 'best', '--actor', 'ann')).toMatchObject({
      code: 0,
      stdout: 'seeing: step 5 is pinned (1 kB)\n',
    });
    const list = await cli(store, 'checkpoints');
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/seeing +[0-9a-f]{12} +20 +1 +1 kB +\S+ +shared +final, newest/);
    expect(list.stdout).toMatch(/seeing .* 5 +1 .*pinned by ann: best/);
    expect(list.stdout).toMatch(/thinking .* 10 +1 .*newest/);
    const json = await cli(store, 'checkpoints', 'list', seeing.key.slice(0, 6), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        name: 'seeing',
        state: 'done',
        checkpoints: [{ step: 20, final: true, bytes: 1000 }, {}, {}, { step: 5, pins: [{ actor: 'ann' }] }],
      },
    ]);
    expect((await cli(store, 'checkpoints', 'unpin', 'seeing', '5')).stdout).toContain('no longer pinned');
    expect((await cli(store, 'checkpoints', 'unpin', 'seeing', '5')).stdout).toContain('was not pinned');
    const held = { actor: 'stagewright', reason: 'stage slower goes on from it', needed_by: 'b'.repeat(64) };
    await store.pinCheckpoint({ key: seeing.key, epoch: 1, step: 5, ...held });
    expect(await cli(store, 'checkpoints', 'unpin', 'seeing', '5')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is held by another stage: stage slower goes on from it') as string,
    });
    expect((await cli(store, 'checkpoints', 'unpin', 'seeing', '5', '--force')).stdout).toContain('no longer pinned');
  });

  it('names the nearest stage and the steps that there are', async () => {
    const { store } = await twoStages();
    expect(await cli(store, 'checkpoints', 'pin', 'seing', '5')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "seeing"?') as string,
    });
    expect(await cli(store, 'checkpoints', 'pin', 'seeing', '7')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it has those of 20, 15, 10, 5') as string,
    });
    expect(await cli(store, 'checkpoints', 'pin', 'seeing')).toMatchObject({ code: 2 });
    expect(await cli(store, 'checkpoints', 'verfy', 'seeing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "verify"?') as string,
    });
  });

  it('verify names the damaged file and why, and exits 1', async () => {
    const { store, seeing } = await twoStages();
    expect(await cli(store, 'checkpoints', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('5 whole, 0 damaged') as string,
    });
    writeFileSync(seeing.weights(1, 10), 'X'.repeat(1000));
    // Neither final nor newest nor pinned.
    expect(await cli(store, 'checkpoints', 'verify', 'seeing')).toMatchObject({ code: 0 });
    expect(await cli(store, 'checkpoints', 'verify', 'seeing', '--all')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /damaged +seeing \S+ +checkpoint of step 10 \(epoch 1\): weights: another sha256/,
      ) as string,
    });
    truncateSync(store.objects.path(`${layout.export(seeing.key, 1)}/model`), 2);
    writeFileSync(store.objects.path(layout.manifest(seeing.key, 1, 15)), '{"sche');
    const damaged = await cli(store, 'checkpoints', 'verify', '--json');
    expect(damaged.code).toBe(1);
    expect(
      (JSON.parse(damaged.stdout) as { what: string; step: number; verdict: { kind: string } }[])
        .filter(({ verdict }) => verdict.kind === 'damaged')
        .map(({ what, step }) => `${what} ${step}`),
    ).toEqual(['checkpoint 15', 'export 20']);
  });
});

describe('gc', () => {
  it('says what it would free, frees it, and leaves alone what runs and what it could not ask about', async () => {
    const { store, seeing } = await twoStages();
    const ended = makeStage(store, 'stopped-one');
    await ended.epoch();
    await ended.own(1, [5, 10, 15]);
    await ended.end(1);
    const dry = await cli(store, 'gc', '--dry-run');
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stderr).toContain('Unfinished stages are left alone');
    expect(dry.stdout).toMatch(/seeing +\S+ +2 kB +5 10 +2 \(2 kB\)/);
    expect(dry.stdout).toMatch(/thinking .*epoch 1 on host-a has not ended/);
    expect(dry.stdout).toMatch(/stopped-one +\S+ +0 B .*the server was not asked/);
    expect(dry.stdout).toContain('would free 2 kB');
    expect(dry.stdout).toMatch(/never freed: exported weights/);
    expect(await store.listManifests(seeing.key, 1)).toEqual([20, 15, 10, 5]);
    const real = await cli(store, 'gc', '--offline', '--json');
    expect(real.code).toBe(0);
    expect(JSON.parse(real.stdout) as GarbageReport).toMatchObject({ dry_run: false, freed_bytes: 3000 });
    expect(await store.listManifests(seeing.key, 1)).toEqual([20, 15]);
    expect(await store.listManifests(ended.key, 1)).toEqual([15, 10]);
  });

  it('on a store that may not be written says so and frees nothing', async (test) => {
    const { store, seeing } = await twoStages();
    const mounted = spawnSync('mount', ['--bind', '-o', 'ro', store.root, store.root]);
    if (mounted.status !== 0) return test.skip('a read-only mount is not possible here');
    try {
      expect(await cli(store, 'gc', '--offline')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('NoPermission: may not write') as string,
      });
    } finally {
      spawnSync('umount', ['-l', store.root]);
    }
    expect(await store.listManifests(seeing.key, 1)).toEqual([20, 15, 10, 5]);
  });
});

describe('export', () => {
  async function trained(): Promise<{ store: Store; folder: string }> {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), { keep: 4 });
    await store.describeStage(KEY, { name: 'seeing', material: { parent: null } });
    await launchOrAttach(launch);
    expect(await watchRun(launch)).toMatchObject({ kind: 'done' });
    await store.endEpoch(KEY, 1, 'done');
    return { store, folder: join(store.root, '..') };
  }
  const provenanceOf = (folder: string): Provenance =>
    JSON.parse(readFileSync(join(folder, 'stagewright.json'), 'utf8')) as Provenance;

  it('copies a finished stage’s weights with where they come from, and never writes over anything', async () => {
    const { store, folder } = await trained();
    expect(await cli(store, 'export', 'seeing')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('weights of step 20') as string,
    });
    const out = join(folder, 'seeing-weights');
    expect(readdirSync(out).sort()).toEqual(['model.txt', 'stagewright.json']);
    const bytes = readFileSync(join(out, 'model.txt'));
    expect(provenanceOf(out)).toMatchObject({
      stage: 'seeing',
      key: KEY,
      step: 20,
      trainer: { name: 'stand-in' },
      lineage: [{ key: KEY, name: 'seeing', via: null }],
      files: [{ path: 'model.txt', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }],
    });
    const before = statSync(join(out, 'model.txt')).mtimeMs;
    expect(await cli(store, 'export', 'seeing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already, and nothing is written over') as string,
    });
    expect(statSync(join(out, 'model.txt')).mtimeMs).toBe(before);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('makes a damaged export again first, or says that it cannot', async () => {
    const { store, folder } = await trained();
    const model = store.objects.path(`${layout.export(KEY, 1)}/model.txt`);
    const text = readFileSync(model, 'utf8');
    truncateSync(model, 3);
    const mended = await cli(store, 'export', 'seeing', '--out', 'a');
    expect(mended).toMatchObject({ code: 0, stderr: expect.stringContaining('made again') as string });
    expect(readFileSync(join(folder, 'a', 'model.txt'), 'utf8')).toBe(text);
    truncateSync(model, 3);
    truncateSync(store.objects.path(`${layout.checkpoint(KEY, 1, 20)}/weights.txt`), 3);
    expect(await cli(store, 'export', 'seeing', '--out', 'b')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ExportCorrupt: .*weights\.txt: 3 bytes instead of/) as string,
    });
    expect(existsSync(join(folder, 'b'))).toBe(false);
  });

  it('exports a checkpoint by its step, which nothing holds for that, and names the steps that there are', async () => {
    const { store, folder } = await trained();
    expect(await cli(store, 'export', KEY.slice(0, 8), '--step', '10', '--out', 'ten')).toMatchObject({ code: 0 });
    expect(provenanceOf(join(folder, 'ten'))).toMatchObject({ key: KEY, step: 10, epoch: 1 });
    expect(readFileSync(join(folder, 'ten', 'model.txt'), 'utf8')).not.toBe(
      readFileSync(store.objects.path(`${layout.export(KEY, 1)}/model.txt`), 'utf8'),
    );
    expect(await store.listPins(KEY)).toEqual([]);
    expect(await cli(store, 'export', KEY.slice(0, 8), '--step', '12', '--out', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it has those of 20, 15, 10, 5') as string,
    });
  });

  it('on a disk that is too small says how much it needs, and leaves nothing', async (test) => {
    const { store, folder } = await trained();
    const small = join(folder, 'small');
    mkdirSync(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    if (mounted.status !== 0) return test.skip('a tmpfs cannot be mounted here');
    try {
      spawnSync('dd', ['if=/dev/zero', `of=${join(small, 'filler')}`, 'bs=4k'], { stdio: 'ignore' });
      expect(await cli(store, 'export', 'seeing', '--out', join(small, 'out'))).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/DiskFull: .*are free/) as string,
      });
      expect(readdirSync(small)).toEqual(['filler']);
      rmSync(join(small, 'filler'));
      expect(await cli(store, 'export', 'seeing', '--out', join(small, 'out'))).toMatchObject({ code: 0 });
    } finally {
      spawnSync('umount', ['-l', small]);
    }
  });
});
