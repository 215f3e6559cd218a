/**
 * Checkpoint manifests. A checkpoint exists when its manifest does; a manifest is created exclusively and never changed. Which
 * manifests count is the lineage's to say: the highest epoch's, then those of the epoch it resumed from up to that step, and so
 * on. So what a zombie commits under an older epoch is never read.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestSchema, type CheckpointRef, type EpochClaim, type Manifest } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { readClaim } from './claims.js';
import { failPoint } from './fail-point.js';
import { checkFiles, type Verdict } from './file-check.js';
import { layout, staysInside } from './layout.js';
import type { Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';

export interface PassedOver extends CheckpointRef {
  readonly reason: string;
}
export interface NewestManifest {
  readonly manifest: Manifest | null;
  /** Newer ones that are damaged, newest first. */
  readonly passedOver: readonly PassedOver[];
}

export interface Manifests {
  /** False when this step of this epoch was committed before. @throws StagewrightError when a path leaves its root. */
  commitManifest(manifest: Manifest): Promise<boolean>;
  /** @throws StagewrightError Internal naming a damaged manifest file. */
  readManifest(key: string, ref: CheckpointRef): Promise<Manifest | null>;
  /** Steps with a manifest in one epoch, newest first. */
  listManifests(key: string, epoch: number): Promise<number[]>;
  /** Checkpoints that count, newest first, as seen from `epoch`. */
  lineage(key: string, epoch: number): Promise<CheckpointRef[]>;
  /** Newest whole checkpoint on the lineage of `epoch`; files are read and hashed. */
  newestManifest(key: string, epoch: number): Promise<NewestManifest>;
  /** By size and sha256; foreign files by size and header digest. */
  verifyCheckpoint(manifest: Manifest): Promise<Verdict>;
  /** Absolute folder of a checkpoint's files. */
  checkpointFolder(manifest: Pick<Manifest, 'key' | 'root'>): string;
}

export function createManifests(objects: Objects): Manifests {
  const readManifest: Manifests['readManifest'] = (key, ref) =>
    readRecord(objects, layout.manifest(key, ref.epoch, ref.step), manifestSchema);

  const listManifests: Manifests['listManifests'] = async (key, epoch) =>
    (await objects.list(layout.manifests(key, epoch)))
      .flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);

  const lineage: Manifests['lineage'] = async (key, epoch) => {
    const refs: CheckpointRef[] = [];
    let at = epoch;
    let limit = Infinity;
    for (;;) {
      for (const step of await listManifests(key, at)) if (step <= limit) refs.push({ epoch: at, step });
      const claim: EpochClaim | null = await readClaim(objects, key, at);
      const before = claim?.resume_from;
      // An epoch resumes from a lower one; anything else is a damaged claim and must not make a loop.
      if (before === null || before === undefined || before.epoch >= at) return refs;
      at = before.epoch;
      limit = before.step;
    }
  };

  const checkpointFolder: Manifests['checkpointFolder'] = ({ key, root }) => {
    if (root.startsWith('file://')) return fileURLToPath(root);
    if (!staysInside(root)) throw new StagewrightError('Internal', `checkpoint root ${root} leaves the stage's folder`);
    return join(objects.path(layout.stage(key)), root);
  };

  const verifyCheckpoint: Manifests['verifyCheckpoint'] = (manifest) =>
    checkFiles(checkpointFolder(manifest), manifest.files);

  return {
    readManifest,
    listManifests,
    lineage,
    checkpointFolder,
    verifyCheckpoint,
    async commitManifest(manifest) {
      checkpointFolder(manifest);
      const astray = manifest.files.find((file) => !staysInside(file.path));
      if (astray !== undefined)
        throw new StagewrightError('Internal', `checkpoint file ${astray.path} leaves its folder ${manifest.root}`);
      failPoint('manifest-before');
      const created = await createRecord(
        objects,
        layout.manifest(manifest.key, manifest.epoch, manifest.step),
        manifestSchema.parse(manifest),
      );
      failPoint('manifest-after');
      return created;
    },
    async newestManifest(key, epoch) {
      const passedOver: PassedOver[] = [];
      for (const ref of await lineage(key, epoch)) {
        const found = await whole(ref);
        if (found.kind === 'whole') return { manifest: found.manifest, passedOver };
        passedOver.push({ ...ref, reason: found.reason });
      }
      return { manifest: null, passedOver };

      async function whole(
        ref: CheckpointRef,
      ): Promise<{ kind: 'whole'; manifest: Manifest } | { kind: 'damaged'; reason: string }> {
        try {
          const manifest = await readManifest(key, ref);
          // Retention of a runner that lives may take it between the listing and now.
          if (manifest === null) return { kind: 'damaged', reason: 'its manifest is gone' };
          const verdict = await verifyCheckpoint(manifest);
          if (verdict.kind === 'whole') return { kind: 'whole', manifest };
          return { kind: 'damaged', reason: `${verdict.file}: ${verdict.why}` };
        } catch (error) {
          if (error instanceof StagewrightError && error.type === 'Internal')
            return { kind: 'damaged', reason: error.message };
          throw error;
        }
      }
    },
  };
}
