/**
 * Deletes one checkpoint so that a process killed anywhere leaves it whole or gone, and nothing that nobody finds again. What may
 * go is for others to say (retention.ts, garbage.ts).
 */
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { manifestSchema, type CheckpointRef, type Manifest } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { failPoint } from './fail-point.js';
import { faultOf, isMissing } from './faults.js';
import { layout } from './layout.js';
import type { Manifests } from './manifests.js';
import type { Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';

export interface Removal {
  removeCheckpoint(key: string, ref: CheckpointRef): Promise<void>;
  /**
   * Ends deletions of foreign checkpoints that were cut short: nothing else knows their files any more. Those that `host` cannot
   * reach stay for the one that can.
   */
  finishRemovals(key: string, host: string): Promise<void>;
}

export function createRemoval(objects: Objects, manifests: Manifests): Removal {
  const removeFiles = async (manifest: Manifest, mark: string): Promise<void> => {
    await removeForeign(manifests.checkpointFolder(manifest), manifest);
    await objects.delete(layout.sidecar(manifest.key, manifest.epoch, manifest.step));
    await objects.delete(mark);
  };
  return {
    async removeCheckpoint(key, ref) {
      const manifest = await readOrNull(manifests, key, ref);
      const mark = `${layout.removals(key)}/${ref.epoch}-${ref.step}.json`;
      // Of an own checkpoint the folder says what is left; a foreign one's files are known by its manifest alone.
      if (manifest?.kind === 'foreign') await createRecord(objects, mark, manifest);
      await objects.delete(layout.manifest(key, ref.epoch, ref.step));
      failPoint('prune-mid');
      if (manifest?.kind === 'foreign') return removeFiles(manifest, mark);
      await objects.delete(layout.sidecar(key, ref.epoch, ref.step));
      await objects.delete(layout.checkpoint(key, ref.epoch, ref.step));
    },
    async finishRemovals(key, host) {
      for (const name of await objects.list(layout.removals(key))) {
        const mark = `${layout.removals(key)}/${name}`;
        const manifest = await readRecord(objects, mark, manifestSchema);
        if (manifest === null || !canReach(manifest, host)) continue;
        // Killed before its manifest went: it is whole, and may be wanted by now.
        if ((await objects.get(layout.manifest(key, manifest.epoch, manifest.step))) !== null)
          await objects.delete(mark);
        else await removeFiles(manifest, mark);
      }
    },
  };
}

/** Whether `host` sees the checkpoint's files. */
export function canReach({ reach }: Pick<Manifest, 'reach'>, host: string): boolean {
  return reach === 'shared' || reach === `host:${host}`;
}

/** Null where there is none, or none that can be read. */
export async function readOrNull(manifests: Manifests, key: string, ref: CheckpointRef): Promise<Manifest | null> {
  try {
    return await manifests.readManifest(key, ref);
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'Internal') return null;
    throw error;
  }
}

/** Only what the manifest names, then folders that this emptied: others may keep files beside a trainer's checkpoints. */
async function removeForeign(folder: string, manifest: Manifest): Promise<void> {
  try {
    for (const { path } of manifest.files) await rm(join(folder, path), { force: true });
  } catch (error) {
    if (!isMissing(error)) throw faultOf(error, folder);
  }
  const folders = new Set([folder]);
  for (const { path } of manifest.files)
    for (let at = dirname(join(folder, path)); at.startsWith(`${folder}/`); at = dirname(at)) folders.add(at);
  for (const at of [...folders].sort((a, b) => b.length - a.length)) await rmdir(at).catch(() => undefined);
}
