/** Claims, manifests, results and retention on real files, and damage to each. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Manifest, StageResult } from '../../core/checkpoint.js';
import { layout } from '../../store/layout.js';
import { openStore, type Store } from '../../store/store.js';
import { KEY, owner, temporaryFolder, temporaryStore } from '../support/runs.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const request = (attempt: number, more: object = {}) => ({
  key: KEY,
  owner: owner(attempt),
  host: 'host-a',
  devices: [],
  epochTtlMs: 300,
  ...more,
});

async function epoch(store: Store, attempt: number, more: object = {}) {
  const claimed = await store.claimEpoch(request(attempt, more));
  if (claimed.kind === 'finished') throw new Error('finished');
  return claimed.claim;
}

async function commit(store: Store, epoch: number, step: number): Promise<Manifest> {
  const root = `epochs/${epoch}/checkpoints/step-${step}`;
  const folder = join(store.objects.path(layout.stage(KEY)), root);
  mkdirSync(folder, { recursive: true });
  const text = `weights of step ${step}`;
  writeFileSync(join(folder, 'weights'), text);
  const manifest: Manifest = {
    schema: 'stagewright/manifest@1',
    key: KEY,
    epoch,
    step,
    root,
    kind: 'own',
    files: [{ path: 'weights', size: text.length, sha256: sha256(text) }],
    reach: 'shared',
    data_position: null,
    topology: {},
    trainer: { name: 't', version: '1' },
  };
  expect(await store.commitManifest(manifest)).toBe(true);
  return manifest;
}
const weights = (store: Store, epoch: number, step: number): string =>
  store.objects.path(`${layout.checkpoint(KEY, epoch, step)}/weights`);

function resultOf(store: Store, epoch: number, step: number): StageResult {
  const folder = store.objects.path(layout.export(KEY, epoch));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model'), 'exported');
  return {
    schema: 'stagewright/result@1',
    key: KEY,
    epoch,
    step,
    final: { epoch, step },
    export: { root: `epochs/${epoch}/export`, files: [{ path: 'model', size: 8, sha256: sha256('exported') }] },
    trainer: { name: 't', version: '1' },
  };
}

describe('epochs', () => {
  it('are claimed once each by many at once', async () => {
    const store = await temporaryStore();
    const others = await Promise.all(Array.from({ length: 8 }, () => openStore(store.root)));
    const claims = await Promise.allSettled(others.map((other, i) => other.claimEpoch(request(i + 1))));
    const won = claims.filter((claim) => claim.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const claim of claims)
      if (claim.status === 'rejected') expect(claim.reason).toMatchObject({ type: 'EpochHeld' });
  });

  it('are held while they are renewed and free once the renewal stood still, by the claimer’s clock', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    for (let count = 0; count < 6; count++) {
      await store.renewEpoch(KEY, 1, count);
      await expect(store.claimEpoch(request(2))).rejects.toMatchObject({ type: 'EpochHeld' });
      await delay(100);
    }
    await delay(350);
    expect(await epoch(store, 2)).toMatchObject({ epoch: 2 });
    // The first attempt asks again, too late.
    await expect(store.claimEpoch(request(1))).rejects.toMatchObject({ type: 'EpochLost' });
    expect(await store.newerEpoch(KEY, 1)).toBe(2);
    expect(await store.newerEpoch(KEY, 2)).toBeNull();
  });

  it('that have ended are free at once, and the first end stays', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    await store.endEpoch(KEY, 1, 'stopped');
    await store.endEpoch(KEY, 1, 'gone');
    expect(await store.readEnd(KEY, 1)).toMatchObject({ how: 'stopped' });
    expect(await epoch(store, 1)).toMatchObject({ epoch: 2 });
    expect(await epoch(store, 1)).toMatchObject({ epoch: 2 });
  });

  it('resume along the lineage, and from nothing when told to start over', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    for (const step of [5, 10]) await commit(store, 1, step);
    await store.endEpoch(KEY, 1, 'gone');
    expect((await epoch(store, 2)).resume_from).toEqual({ epoch: 1, step: 10 });
    await commit(store, 2, 15);
    await commit(store, 1, 20);
    expect(await store.lineage(KEY, 2)).toEqual([
      { epoch: 2, step: 15 },
      { epoch: 1, step: 10 },
      { epoch: 1, step: 5 },
    ]);
    await store.endEpoch(KEY, 2, 'gone');
    expect((await epoch(store, 3, { fromStart: true })).resume_from).toBeNull();
    await store.endEpoch(KEY, 3, 'gone');
    expect((await epoch(store, 4)).resume_from).toBeNull();
  });

  it('are refused once the stage has its result', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    await store.commitResult(resultOf(store, 1, 5));
    expect(await store.claimEpoch(request(2))).toMatchObject({ kind: 'finished', result: { step: 5 } });
  });

  it('park when only another host can read the newest checkpoint', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    const manifest = await commit(store, 1, 5);
    await store.commitManifest({ ...manifest, step: 6, reach: 'host:host-a' });
    await store.endEpoch(KEY, 1, 'gone');
    await expect(store.claimEpoch(request(2, { host: 'host-b' }))).rejects.toMatchObject({
      type: 'CheckpointElsewhere',
    });
    expect((await epoch(store, 3)).resume_from).toEqual({ epoch: 1, step: 6 });
  });
});

describe('damage', () => {
  const damages: Record<string, (file: string) => void> = {
    'a truncated file': (file) => truncateSync(file, 3),
    'a longer file': (file) => appendFileSync(file, 'x'),
    'a flipped bit': (file) => {
      const bytes = readFileSync(file);
      bytes[2] = (bytes[2] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    },
    'a missing file': (file) => rmSync(file),
  };
  for (const [what, damage] of Object.entries(damages))
    it(`${what} is passed over, said, and recorded in the claim`, async () => {
      const store = await temporaryStore();
      await epoch(store, 1);
      for (const step of [5, 10]) await commit(store, 1, step);
      await store.endEpoch(KEY, 1, 'gone');
      damage(weights(store, 1, 10));
      const claim = await epoch(store, 2);
      expect(claim.resume_from).toEqual({ epoch: 1, step: 5 });
      expect(claim.passed_over).toMatchObject([
        { epoch: 1, step: 10, reason: expect.stringContaining('weights: ') as string },
      ]);
      expect((await store.readClaim(KEY, 2))?.passed_over).toEqual(claim.passed_over);
    });

  it('a damaged manifest is passed over too', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    for (const step of [5, 10]) await commit(store, 1, step);
    await store.endEpoch(KEY, 1, 'gone');
    truncateSync(store.objects.path(layout.manifest(KEY, 1, 10)), 20);
    const claim = await epoch(store, 2);
    expect(claim.resume_from).toEqual({ epoch: 1, step: 5 });
    expect(claim.passed_over[0]?.reason).toContain('manifests/10.json is damaged');
  });

  it('a damaged claim, end or result is an error that names the file', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    await store.commitResult(resultOf(store, 1, 5));
    truncateSync(store.objects.path(layout.result(KEY, 1)), 10);
    await expect(store.readResult(KEY)).rejects.toMatchObject({
      type: 'Internal',
      message: expect.stringContaining('epochs/1/result.json is damaged') as string,
    });
    writeFileSync(store.objects.path(layout.claim(KEY, 1)), '{"epoch": 1}');
    await expect(store.readResult(KEY)).rejects.toThrow('epochs/1/claim.json is damaged');
  });

  it('a path that leaves its folder is refused', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    const manifest = await commit(store, 1, 5);
    for (const path of ['../../../../secret', '/etc/passwd', 'a/../../b'])
      await expect(
        store.commitManifest({ ...manifest, step: 6, files: [{ path, size: 1, sha256: KEY }] }),
      ).rejects.toThrow(path);
    await expect(store.commitManifest({ ...manifest, step: 6, root: '../other' })).rejects.toThrow('../other');
    expect(await store.listManifests(KEY, 1)).toEqual([5]);
  });

  it('of an export is found by name, and only the same bytes may replace it', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    const result = resultOf(store, 1, 5);
    await store.commitResult(result);
    expect(await store.verifyExport(result)).toEqual([]);
    truncateSync(join(store.exportFolder(result), 'model'), 2);
    expect(await store.verifyExport(result)).toEqual([{ file: 'model', why: '2 bytes instead of 8' }]);
    const again = await temporaryFolder();
    writeFileSync(join(again, 'model'), 'exportes');
    await expect(store.replaceExport(result, again)).rejects.toMatchObject({ type: 'ExportCorrupt' });
    writeFileSync(join(again, 'model'), 'exported');
    await store.replaceExport(result, again);
    expect(await store.verifyExport(result)).toEqual([]);
  });
});

describe('retention', () => {
  it('keeps the newest whole ones and deletes nothing before they are whole', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    for (const step of [5, 10, 15]) await commit(store, 1, step);
    rmSync(weights(store, 1, 15));
    // 15 is damaged: 10 and 5 are the two to keep.
    expect(await store.prune(KEY, 1, 2)).toEqual([]);
    await commit(store, 1, 20);
    expect(await store.prune(KEY, 1, 2)).toEqual([{ epoch: 1, step: 5 }]);
    await commit(store, 1, 25);
    await store.prune(KEY, 1, 2);
    expect(await store.listManifests(KEY, 1)).toEqual([25, 20]);
    expect(await store.objects.list(layout.checkpoints(KEY, 1))).toEqual(['step-20', 'step-25']);
  });

  it('reaches over epochs, collects what zombies left, and is nothing for a superseded one', async () => {
    const store = await temporaryStore();
    await epoch(store, 1);
    for (const step of [5, 10]) await commit(store, 1, step);
    await store.endEpoch(KEY, 1, 'gone');
    await epoch(store, 2);
    await commit(store, 1, 15);
    mkdirSync(store.objects.path(`${layout.checkpoints(KEY, 1)}/.partial-16-1`), { recursive: true });
    expect(await store.prune(KEY, 1, 2)).toEqual([]);
    await commit(store, 2, 15);
    await store.prune(KEY, 2, 2);
    expect(await store.lineage(KEY, 2)).toEqual([
      { epoch: 2, step: 15 },
      { epoch: 1, step: 10 },
    ]);
    expect(await store.objects.list(layout.checkpoints(KEY, 1))).toEqual(['step-10']);
  });
});

describe('data sets', () => {
  it('are published whole or not at all, and the first one stays', async () => {
    const store = await temporaryStore();
    expect(await store.findData(KEY)).toBeNull();
    await expect(
      store.publishData(KEY, (folder) => {
        writeFileSync(join(folder, 'rows.jsonl'), 'half');
        return Promise.reject(new Error('killed'));
      }),
    ).rejects.toThrow('killed');
    expect(await store.findData(KEY)).toBeNull();
    const make = (text: string) => (folder: string) =>
      delay(20).then(() => writeFileSync(join(folder, 'rows.jsonl'), text));
    const [a, b] = await Promise.all([store.publishData(KEY, make('rows')), store.publishData(KEY, make('rows'))]);
    expect(a).toBe(b);
    expect(await store.objects.list('data')).toEqual([KEY]);
    expect(readFileSync(join(a, 'rows.jsonl'), 'utf8')).toBe('rows');
  });
});
