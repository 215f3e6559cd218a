/** What an earlier attempt left on this host: a runner that lives and can be adopted, or remains that must go first. */
import type { EpochClaim } from '../../core/checkpoint.js';
import { findRunner, stopRun } from '../../runner/launcher.js';
import { markerOf, runFolderOf, type TrainingContext } from './context.js';

/** True when the runner of this epoch is alive here. */
export async function runnerOf({ settings }: TrainingContext, claim: EpochClaim): Promise<boolean> {
  const marker = markerOf(settings, claim.key, claim.owner);
  return (await findRunner(runFolderOf(settings, marker), marker)) !== null;
}

/** Ends what is left of a dead runner's tree, frees its lease, and says in the store that its epoch is over. */
export async function endLeftOver({ settings, store, leases }: TrainingContext, claim: EpochClaim): Promise<void> {
  const marker = markerOf(settings, claim.key, claim.owner);
  await stopRun({ runFolder: runFolderOf(settings, marker), marker, graceMs: settings.timers.stop_grace_ms });
  await leases.release(claim.owner);
  await store.endEpoch(claim.key, claim.epoch, 'gone');
}
