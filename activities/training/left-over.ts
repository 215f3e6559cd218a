/** What an earlier attempt left on this host: a runner that lives and can be adopted, or remains that must go. */
import type { EpochClaim, Owner } from '../../core/checkpoint.js';
import { findRunner, stopRun } from '../../runner/launcher.js';
import { readState } from '../../runner/run-folder.js';
import type { Stopped } from '../contracts.js';
import { markerOf, runFolderOf, type TrainingContext } from './context.js';

/** True when the runner of this epoch is alive here. */
export async function runnerOf({ settings }: TrainingContext, claim: EpochClaim): Promise<boolean> {
  const marker = markerOf(settings, claim.key, claim.owner);
  return (await findRunner(runFolderOf(settings, marker), marker)) !== null;
}

export interface Run {
  readonly key: string;
  readonly epoch: number;
  readonly owner: Owner;
}

/**
 * Stops what is left of a run, says in the store that its epoch is over, then frees its devices: in that order, so that no device
 * is granted twice. Idempotent.
 * @returns where it was
 */
export async function endRun(
  { settings, store, leases }: TrainingContext,
  { key, epoch, owner }: Run,
): Promise<Stopped> {
  const marker = markerOf(settings, key, owner);
  const runFolder = runFolderOf(settings, marker);
  await stopRun({ runFolder, marker, graceMs: settings.timers.stop_grace_ms });
  await store.endEpoch(key, epoch, 'gone');
  await leases.release(owner);
  // Lines of the state file are the runner's own; of manifests the store is asked, which outlives the host's folder.
  const [manifest] = await store.lineage(key, epoch);
  return { step: readState(runFolder)?.step ?? manifest?.step ?? null, manifest: manifest ?? null };
}
