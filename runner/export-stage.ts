/** From the final checkpoint to exported weights: runs the backend's export and lists what it made, with digests. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { HashedFile, Manifest } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { sha256File } from '../store/digest.js';
import { faultOf } from '../store/faults.js';
import type { Store } from '../store/store.js';
import type { CheckpointFiles, ExportedCheckpoint } from './backends/backend.js';

/** @throws StagewrightError Internal when a file of it has no sha256. */
export function checkpointFiles(store: Store, manifest: Manifest): ExportedCheckpoint {
  const files = manifest.files.map(({ path, size, sha256 }) => {
    if (sha256 === undefined)
      throw new StagewrightError('Internal', `${path} of step ${manifest.step} has no sha256: it cannot be exported`);
    return { path, size, sha256 };
  });
  return { folder: store.checkpointFolder(manifest), step: manifest.step, files };
}

/** Of a foreign checkpoint without sha256: what was looked at when it was chosen. */
export function resumeFiles(store: Store, manifest: Manifest): CheckpointFiles {
  return { folder: store.checkpointFolder(manifest), step: manifest.step, files: manifest.files };
}

/** All files under `folder`, in a stable order. Partial folders and files of an exporter (names with a dot first) do not count. */
export async function hashFolder(folder: string): Promise<HashedFile[]> {
  const files: HashedFile[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) await visit(path);
      else {
        const { size } = await stat(path);
        files.push({ path: relative(folder, path).split(sep).join('/'), size, sha256: await sha256File(path) });
      }
    }
  };
  try {
    await visit(folder);
  } catch (error) {
    throw faultOf(error, folder);
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
