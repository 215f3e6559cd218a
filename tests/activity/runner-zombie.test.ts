/**
 * A zombie, with two hosts: a runner that is stopped until another host has its epoch, and comes back later. Nothing it publishes
 * is read, it ends itself and its tree, and only then is its device granted again.
 */
import { expect, it } from 'vitest';
import { openLeases } from '../../activities/training/leases/leases.js';
import { launchOrAttach, watchRun } from '../../runner/launcher.js';
import { kill } from '../../runner/processes.js';
import { readState } from '../../runner/run-folder.js';
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

it('a runner that was stopped while its epoch moved on publishes nothing that is read', async () => {
  const store = await temporaryStore();
  const [hostA, hostB] = [await temporaryFolder(), await temporaryFolder()];
  const leases = openLeases(hostA, { devices: ['0'], cpuSlots: 0 });

  const first = await launchOf(store, await claim(store, 1, 'host-a'), hostA, {
    stepMs: 40,
    steps: 60,
    devices: ['0'],
  });
  const lease = { key: KEY, owner: first.owner, gpus: 1, marker: first.marker };
  expect(await leases.acquire(lease)).toEqual(['0']);
  const launched = await launchOrAttach(first);
  if (launched.kind !== 'running') throw new Error(launched.kind);
  await leases.bindRunner(first.owner, launched.runner);
  await eventually('a manifest', () => (readState(first.run_folder)?.last_manifest?.step ?? 0) >= 5);

  // The runner stops; its trainer goes on and saves checkpoints that nobody commits.
  kill(launched.runner.pid, 'SIGSTOP');
  const held = {
    key: KEY,
    owner: owner(1, 'run-host-b'),
    host: 'host-b',
    devices: [],
    epochTtlMs: TIMERS.epoch_ttl_ms,
  };
  await expect(store.claimEpoch(held)).rejects.toMatchObject({ type: 'EpochHeld', details: { host: 'host-a' } });
  const taken = await eventually('the epoch moves on', () =>
    store.claimEpoch(held).then(
      (claimed) => (claimed.kind === 'claimed' ? claimed.claim : null),
      () => null,
    ),
  );
  expect(taken).toMatchObject({ epoch: 2, host: 'host-b' });
  const second = await launchOf(store, taken, hostB, { stepMs: 10, steps: 60 });
  await launchOrAttach(second);
  const atTakeover = await store.listManifests(KEY, 1);

  // A stopped runner is alive: its device is not granted.
  const other = { key: KEY, owner: owner(7, 'other'), gpus: 1, marker: 'another-run' };
  await expect(leases.acquire(other)).rejects.toMatchObject({ type: 'NoFreeDevice' });
  await expect(leases.release(first.owner)).rejects.toMatchObject({ type: 'StopIncomplete' });

  kill(launched.runner.pid, 'SIGCONT');
  expect(await watchRun(first)).toEqual({ kind: 'stopped', reason: 'fenced' });
  await eventually('the zombie and its tree are gone', () => pidsOf(first.marker).length === 0);
  expect(await leases.acquire(other)).toEqual(['0']);
  await leases.release(first.owner);

  const outcome = await watchRun(second);
  expect(outcome).toMatchObject({ kind: 'done', result: { epoch: 2, final: { epoch: 2, step: 60 } } });
  expect(await store.readResult(KEY)).toMatchObject({ epoch: 2 });
  const late = (await store.listManifests(KEY, 1)).filter((step) => !atTakeover.includes(step));
  expect(late).toEqual([]);
});

it('manifests and a result that appear late under an older epoch are not read', async () => {
  const store = await temporaryStore();
  const host = await temporaryFolder();
  const first = await launchOf(store, await claim(store, 1), host, { script: { exit_after: 10, exit_code: 1 } });
  await launchOrAttach(first);
  await watchRun(first);
  const second = await claim(store, 2);
  expect(second.resume_from).toEqual({ epoch: 1, step: 10 });
  const manifest = await store.readManifest(KEY, { epoch: 1, step: 10 });
  if (manifest === null) throw new Error('no manifest');
  // What a zombie would do that was stopped between its last look and its write.
  await store.commitManifest({ ...manifest, step: 15 });
  await store.commitResult({
    schema: 'stagewright/result@1',
    key: KEY,
    epoch: 1,
    step: 20,
    final: { epoch: 1, step: 15 },
    export: { root: 'epochs/1/export', files: [{ path: 'model.txt', size: 1, sha256: KEY }] },
    trainer: manifest.trainer,
  });
  expect(await store.readResult(KEY)).toBeNull();
  expect(await store.lineage(KEY, 2)).toEqual([
    { epoch: 1, step: 10 },
    { epoch: 1, step: 5 },
  ]);
  await store.endEpoch(KEY, 2, 'gone');
  expect((await claim(store, 3)).resume_from).toEqual({ epoch: 1, step: 10 });
});
