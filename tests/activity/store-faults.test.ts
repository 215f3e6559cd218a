/** A disk that is full (a small tmpfs; needs root), a store that is not there, one that may not be written. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { watchRun, launchOrAttach } from '../../runner/launcher.js';
import { openStore } from '../../store/store.js';
import { readState } from '../../runner/run-folder.js';
import { claim, eventually, KEY, launchOf, pidsOf, temporaryFolder } from '../support/runs.js';

const ROOT = process.getuid?.() === 0;

async function onTmpfs(megabytes: number, work: (folder: string) => Promise<void>): Promise<boolean> {
  const folder = join(await temporaryFolder(), 'small');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) {
    console.log(`not proved here: a tmpfs cannot be mounted (${(mounted.stderr || String(mounted.error)).trim()})`);
    return false;
  }
  try {
    await work(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
  return true;
}

describe('a full disk', () => {
  it('is named with path and free bytes; what was committed stays, and work goes on once there is space', async (test) => {
    const ran = await onTmpfs(2, async (folder) => {
      const store = await openStore(join(folder, 'store'));
      await store.claimEpoch({
        key: KEY,
        owner: { workflow_id: 'w', run_id: 'r', attempt: 1 },
        host: 'a',
        devices: [],
      });
      writeFileSync(join(folder, 'filler'), '');
      fill(join(folder, 'filler'));
      await expect(store.endEpoch(KEY, 1, 'x'.repeat(8192))).rejects.toMatchObject({
        type: 'DiskFull',
        message: expect.stringMatching(/ended\.json \(\d+ bytes are free\)/) as string,
      });
      expect(await store.readEnd(KEY, 1)).toBeNull();
      expect(await store.highestEpoch(KEY)).toMatchObject({ epoch: 1 });
      rmSync(join(folder, 'filler'));
      await store.endEpoch(KEY, 1, 'stopped');
      expect(await store.readEnd(KEY, 1)).toMatchObject({ how: 'stopped' });
    });
    if (!ran) test.skip();
  });

  it('met by the runner ends the run as DiskFull with its tree gone', async (test) => {
    const ran = await onTmpfs(2, async (folder) => {
      const store = await openStore(join(folder, 'store'));
      const launch = await launchOf(store, await claim(store), await temporaryFolder(), { stepMs: 200, steps: 500 });
      await launchOrAttach(launch);
      await eventually('a manifest', () => readState(launch.run_folder)?.last_manifest !== null);
      fill(join(folder, 'filler'));
      const outcome = await watchRun(launch);
      // The trainer or the runner meets it first; the trainer's words are heard although its log is on the full disk.
      expect(outcome).toMatchObject({ kind: 'failed', type: 'DiskFull' });
      await eventually('its tree is gone', () => pidsOf(launch.marker).length === 0);
      // Nothing committed is lost, and with space it goes on from there.
      rmSync(join(folder, 'filler'));
      await store.endEpoch(KEY, 1, 'gone');
      const next = await launchOf(store, await claim(store, 2), await temporaryFolder());
      expect(next.resume_from?.step).toBeGreaterThanOrEqual(5);
    });
    if (!ran) test.skip();
  });
});

function fill(file: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k'], { stdio: 'ignore' });
}

describe('a store', () => {
  it('that is not there is unreachable, not empty', async () => {
    const folder = await temporaryFolder();
    await expect(openStore(join(folder, 'none'), { create: false })).rejects.toMatchObject({
      type: 'StoreUnreachable',
    });
    const store = await openStore(join(folder, 'store'));
    renameSync(join(folder, 'store'), join(folder, 'away'));
    await expect(store.highestEpoch(KEY)).rejects.toMatchObject({ type: 'StoreUnreachable' });
    await expect(store.endEpoch(KEY, 1, 'x')).rejects.toMatchObject({ type: 'StoreUnreachable' });
    // Nothing was written under the empty mount point.
    mkdirSync(join(folder, 'store'));
    await expect(store.endEpoch(KEY, 1, 'x')).rejects.toMatchObject({ type: 'StoreUnreachable' });
    rmSync(join(folder, 'store'), { recursive: true });
    renameSync(join(folder, 'away'), join(folder, 'store'));
    expect(await store.highestEpoch(KEY)).toBeNull();
  });

  it('that may not be written says so', async (test) => {
    const folder = await temporaryFolder();
    const store = await openStore(join(folder, 'store'));
    if (ROOT) {
      const readOnly = spawnSync('mount', ['--bind', '-o', 'ro', store.root, store.root]);
      if (readOnly.status !== 0) return test.skip('neither permissions nor a read-only mount stop root here');
    } else chmodSync(store.root, 0o500);
    try {
      await expect(store.endEpoch(KEY, 1, 'x')).rejects.toMatchObject({ type: 'NoPermission' });
    } finally {
      if (ROOT) spawnSync('umount', ['-l', store.root]);
      else chmodSync(store.root, 0o700);
    }
  });
});
