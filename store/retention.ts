/**
 * Retention of a runner: the newest whole checkpoints of its lineage stay, the final one, and what is pinned; all else goes,
 * manifest first. Nothing is deleted before newer ones were read and found whole. What ended epochs left without a manifest is
 * collected too. Other stages, and stages that nobody runs, are garbage.ts's.
 */
import { stageResultSchema, type CheckpointRef } from '../core/checkpoint.js';
import { listEpochFolders, newerEpoch, readClaim, readEnd } from './claims.js';
import { layout } from './layout.js';
import type { Manifests } from './manifests.js';
import type { Objects } from './objects.js';
import type { Pins } from './pins.js';
import { readRecord } from './records.js';
import { canReach, readOrNull, type Removal } from './removal.js';
import { findStrays } from './strays.js';

export interface Retention {
  /**
   * Call as the runner of `epoch`, which must be the highest (otherwise nothing is touched).
   * @returns checkpoints deleted.
   */
  prune(key: string, epoch: number, keep: number): Promise<CheckpointRef[]>;
}

export function createRetention(
  objects: Objects,
  manifests: Manifests,
  pins: Pick<Pins, 'listPins'>,
  removal: Removal,
): Retention {
  return {
    async prune(key, epoch, keep) {
      if ((await newerEpoch(objects, key, epoch)) !== null) return [];
      const lineage = await manifests.lineage(key, epoch);
      const result = await readRecord(objects, layout.result(key, epoch), stageResultSchema);
      const newest = await newestWhole(manifests, key, lineage, keep);
      if (newest.whole < keep) return [];
      const stays = new Set([...newest.refs, ...(result === null ? [] : [result.final])].map(refId));
      const gone = [
        ...lineage.filter((ref) => !stays.has(refId(ref))),
        ...(await offLineage(objects, manifests, key, lineage, epoch)),
      ];
      const deleted: CheckpointRef[] = [];
      const host = (await readClaim(objects, key, epoch))?.host ?? '';
      await removal.finishRemovals(key, host);
      for (const ref of gone) {
        const manifest = await readOrNull(manifests, key, ref);
        // Without its manifest nobody would find the files on the host that has them.
        if (manifest !== null && !canReach(manifest, host)) continue;
        // Looked up each time: a person may pin while bytes go.
        if ((await pins.listPins(key)).some((pin) => refId(pin) === refId(ref))) continue;
        await removal.removeCheckpoint(key, ref);
        deleted.push(ref);
      }
      for (const stray of await findStrays(objects, manifests, key, epoch)) await objects.delete(stray);
      return deleted;
    },
  };
}

/** The first of `lineage` until `keep` of them were read and found whole; damaged ones between them are among them. */
export async function newestWhole(
  manifests: Manifests,
  key: string,
  lineage: readonly CheckpointRef[],
  keep: number,
): Promise<{ readonly refs: readonly CheckpointRef[]; readonly whole: number }> {
  const refs: CheckpointRef[] = [];
  let whole = 0;
  for (const ref of lineage) {
    if (whole >= keep) break;
    refs.push(ref);
    const manifest = await readOrNull(manifests, key, ref);
    if (manifest !== null && (await manifests.verifyCheckpoint(manifest)).kind === 'whole') whole += 1;
  }
  return { refs, whole };
}

/** What a zombie committed under an ended epoch after it was superseded, or what a start from zero left behind. */
export async function offLineage(
  objects: Objects,
  manifests: Manifests,
  key: string,
  lineage: readonly CheckpointRef[],
  below = Infinity,
): Promise<CheckpointRef[]> {
  const counted = new Set(lineage.map(refId));
  const found: CheckpointRef[] = [];
  for (const epoch of await listEpochFolders(objects, key)) {
    if (epoch >= below || (await readEnd(objects, key, epoch)) === null) continue;
    for (const step of await manifests.listManifests(key, epoch))
      if (!counted.has(refId({ epoch, step }))) found.push({ epoch, step });
  }
  return found;
}

/** A checkpoint's name within its stage. */
export function refId({ epoch, step }: CheckpointRef): string {
  return `${epoch}/${step}`;
}
