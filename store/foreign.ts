/**
 * Checkpoints of foreign trainers (50 to 100 GB): referred to where they were written, never copied. The commit reads sizes and
 * the head of each file; sha256 of all bytes follow in a sidecar, which hand-over demands and resume does not.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sidecarSchema, type FileEntry, type HashedFile, type Manifest, type Sidecar } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { sha256File, sha256Header } from './digest.js';
import { faultOf } from './faults.js';
import { checkFiles, type Verdict } from './file-check.js';
import { layout, staysInside } from './layout.js';
import type { Manifests } from './manifests.js';
import type { Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';

export interface ForeignCheckpoint extends Pick<Manifest, 'key' | 'epoch' | 'step' | 'reach' | 'trainer'> {
  /** `file://` URL of the folder. */
  readonly root: string;
  /** Relative paths of its files. */
  readonly files: readonly string[];
  readonly topology?: Manifest['topology'];
  readonly data_position?: Manifest['data_position'];
}

export interface Foreign {
  /** Commits a manifest with sizes and header digests. @throws StagewrightError Internal naming a file that is not there. */
  commitForeign(checkpoint: ForeignCheckpoint): Promise<Manifest>;
  /** Hashes all files, one after another, and creates the sidecar. Returns the one that exists if there is one. */
  hashInBackground(manifest: Manifest, signal?: AbortSignal): Promise<Sidecar>;
  readSidecar(manifest: Pick<Manifest, 'key' | 'epoch' | 'step'>): Promise<Sidecar | null>;
  /** All bytes by sha256, of an own checkpoint's manifest or a foreign one's sidecar; without a sidecar it is not whole. */
  verifyForHandover(manifest: Manifest): Promise<Verdict>;
}

export function createForeign(objects: Objects, manifests: Manifests): Foreign {
  const readSidecar: Foreign['readSidecar'] = ({ key, epoch, step }) =>
    readRecord(objects, layout.sidecar(key, epoch, step), sidecarSchema);
  return {
    readSidecar,
    async commitForeign({ root, files, topology = {}, data_position = null, ...checkpoint }) {
      if (!root.startsWith('file://'))
        throw new StagewrightError('Internal', `root of a foreign checkpoint must be a file:// URL, not ${root}`);
      const folder = fileURLToPath(root);
      const entries: FileEntry[] = [];
      for (const path of files) entries.push(await entryOf(folder, path));
      const manifest: Manifest = {
        schema: 'stagewright/manifest@1',
        ...checkpoint,
        root,
        kind: 'foreign',
        files: entries,
        topology,
        data_position,
      };
      await manifests.commitManifest(manifest);
      return manifest;
    },
    async hashInBackground(manifest, signal) {
      const { key, epoch, step } = manifest;
      const known = await readSidecar(manifest);
      if (known !== null) return known;
      const folder = manifests.checkpointFolder(manifest);
      const files: HashedFile[] = [];
      for (const { path, size } of manifest.files)
        files.push({ path, size, sha256: await sha256File(join(folder, path), signal) });
      const sidecar: Sidecar = { schema: 'stagewright/sidecar@1', key, epoch, step, files };
      const created = await createRecord(objects, layout.sidecar(key, epoch, step), sidecar);
      return created ? sidecar : ((await readSidecar(manifest)) ?? sidecar);
    },
    async verifyForHandover(manifest) {
      const quick = await manifests.verifyCheckpoint(manifest);
      if (quick.kind === 'damaged' || manifest.kind === 'own') return quick;
      const sidecar = await readSidecar(manifest);
      if (sidecar === null)
        return { kind: 'damaged', file: manifest.root, why: 'not hashed yet: hand-over needs its sidecar' };
      return checkFiles(manifests.checkpointFolder(manifest), sidecar.files);
    },
  };
}

async function entryOf(folder: string, path: string): Promise<FileEntry> {
  const at = join(folder, path);
  if (!staysInside(path)) throw new StagewrightError('Internal', `checkpoint file ${path} leaves its folder ${folder}`);
  try {
    const { size } = await stat(at);
    return { path, size, header_sha256: await sha256Header(at) };
  } catch (error) {
    const fault = faultOf(error, at);
    if (fault !== error) throw fault;
    throw new StagewrightError('Internal', `checkpoint file ${at} cannot be read`, { path: at }, { cause: error });
  }
}
