/**
 * Retention: the newest whole checkpoints of a lineage stay, and the final one; all else goes, manifest first. Nothing is deleted
 * before newer ones were read and found whole. What ended epochs left without a manifest is collected too.
 */
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stageResultSchema, type CheckpointRef, type Manifest } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { listEpochFolders, newerEpoch, readEnd } from './claims.js';
import { failPoint } from './fail-point.js';
import { layout } from './layout.js';
import type { Manifests } from './manifests.js';
import type { Objects } from './objects.js';
import { readRecord } from './records.js';

export interface Retention {
  /**
   * Call as the runner of `epoch`, which must be the highest (otherwise nothing is touched).
   * @returns checkpoints deleted.
   */
  prune(key: string, epoch: number, keep: number): Promise<CheckpointRef[]>;
}

export function createRetention(objects: Objects, manifests: Manifests): Retention {
  const readOrNull = async (key: string, ref: CheckpointRef): Promise<Manifest | null> => {
    try {
      return await manifests.readManifest(key, ref);
    } catch (error) {
      if (error instanceof StagewrightError && error.type === 'Internal') return null;
      throw error;
    }
  };

  const remove = async (key: string, ref: CheckpointRef): Promise<void> => {
    const manifest = await readOrNull(key, ref);
    await objects.delete(layout.manifest(key, ref.epoch, ref.step));
    failPoint('prune-mid');
    if (manifest?.kind === 'foreign') await removeForeign(manifests.checkpointFolder(manifest), manifest);
    await objects.delete(layout.sidecar(key, ref.epoch, ref.step));
    await objects.delete(layout.checkpoint(key, ref.epoch, ref.step));
  };

  /** Folders without a manifest: of ended epochs all; of the running one those below its newest manifest (a prune cut short). */
  const collect = async (key: string, epoch: number): Promise<void> => {
    for (const other of await listEpochFolders(objects, key)) {
      if (other > epoch) continue;
      if (other < epoch && (await readEnd(objects, key, other)) === null) continue;
      const committed = await manifests.listManifests(key, other);
      for (const name of await objects.list(layout.checkpoints(key, other))) {
        const step = Number(/^step-(\d+)$/.exec(name)?.[1] ?? NaN);
        if (committed.includes(step)) continue;
        if (other === epoch && !(step < (committed[0] ?? 0))) continue;
        await objects.delete(`${layout.checkpoints(key, other)}/${name}`);
      }
      if (other < epoch && (await objects.get(layout.result(key, other))) === null)
        await objects.delete(layout.export(key, other));
    }
  };

  return {
    async prune(key, epoch, keep) {
      if ((await newerEpoch(objects, key, epoch)) !== null) return [];
      const lineage = await manifests.lineage(key, epoch);
      const result = await readRecord(objects, layout.result(key, epoch), stageResultSchema);
      const stays = new Set(result === null ? [] : [id(result.final)]);
      let whole = 0;
      for (const ref of lineage) {
        if (whole >= keep) break;
        stays.add(id(ref));
        const manifest = await readOrNull(key, ref);
        if (manifest !== null && (await manifests.verifyCheckpoint(manifest)).kind === 'whole') whole += 1;
      }
      if (whole < keep) return [];
      const gone = lineage.filter((ref) => !stays.has(id(ref)));
      // What a zombie committed under an ended epoch after it was superseded is on no lineage.
      const counted = new Set(lineage.map(id));
      for (const other of await listEpochFolders(objects, key)) {
        if (other >= epoch || (await readEnd(objects, key, other)) === null) continue;
        for (const step of await manifests.listManifests(key, other)) {
          const ref = { epoch: other, step };
          if (!counted.has(id(ref))) gone.push(ref);
        }
      }
      for (const ref of gone) await remove(key, ref);
      await collect(key, epoch);
      return gone;
    },
  };
}

/** Only what the manifest names, then folders that this emptied: others may keep files beside a trainer's checkpoints. */
async function removeForeign(folder: string, manifest: Manifest): Promise<void> {
  for (const { path } of manifest.files) await rm(join(folder, path), { force: true });
  const folders = new Set([folder]);
  for (const { path } of manifest.files)
    for (let at = dirname(join(folder, path)); at.startsWith(`${folder}/`); at = dirname(at)) folders.add(at);
  for (const at of [...folders].sort((a, b) => b.length - a.length)) await rmdir(at).catch(() => undefined);
}

function id({ epoch, step }: CheckpointRef): string {
  return `${epoch}/${step}`;
}
