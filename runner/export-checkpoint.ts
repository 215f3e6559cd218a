/**
 * Weights of a checkpoint as a result of their own, before their stage is done (core/plan.ts checkpointWeightsKey): what a skipped
 * or re-begun stage hands over. Idempotent per owner; two at once make the same bytes, and the first one's stay.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Owner, StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { checkpointWeightsKey } from '../core/plan.js';
import { errorCode, faultOf } from '../store/faults.js';
import { syncTree } from '../store/folders.js';
import { layout } from '../store/layout.js';
import { syncFolder } from '../store/objects.js';
import type { CheckpointOfStage } from '../store/lineage-across.js';
import type { Store } from '../store/store.js';
import { exportAgain } from './export-again.js';
import { hashFolder } from './export-stage.js';

export interface ExportCheckpoint {
  readonly checkpoint: CheckpointOfStage;
  /** Of the stage, for people. */
  readonly name: string;
  readonly owner: Owner;
  readonly host: string;
  readonly signal?: AbortSignal;
  /** Pin the checkpoint for good, so that the weights can always be made again: what a hand-over needs. Default true. */
  readonly hold?: boolean;
}

/** @throws StagewrightError ExportCorrupt when the checkpoint is damaged or its job is gone; EpochHeld while another exports it. */
export async function exportCheckpoint(store: Store, options: ExportCheckpoint): Promise<StageResult> {
  const { checkpoint, name, owner, host, signal, hold = true } = options;
  const { key: of, step } = checkpoint;
  const final = { epoch: checkpoint.epoch, step };
  const key = checkpointWeightsKey({ key: of, step });
  const pin = { key: of, ...final, actor: 'stagewright', reason: 'its weights were handed over', needed_by: key };
  const claimed = await store.claimEpoch({ key, owner, host, devices: [] });
  if (claimed.kind === 'finished') {
    // Exported without being held before; a checkpoint that is gone since takes nothing from weights that are there.
    if (hold) await store.pinCheckpoint(pin);
    return claimed.result;
  }
  const { epoch } = claimed.claim;
  const corrupt = (why: string): StagewrightError =>
    new StagewrightError('ExportCorrupt', `weights of step ${step} of stage ${name} cannot be exported: ${why}`, {
      key: of,
      step,
    });
  const manifest = await store.readManifest(of, final);
  if (manifest === null) throw corrupt('its manifest is gone');
  const verdict = await store.verifyForHandover(manifest);
  if (verdict.kind === 'damaged') throw corrupt(`${verdict.file}: ${verdict.why}`);
  if (hold && (await store.pinCheckpoint(pin)) === 'gone') throw corrupt('it was deleted meanwhile');

  await store.describeStage(key, { name: `${name}, step ${step}`, material: { weights_of: of, step } });
  const folder = store.objects.path(layout.export(key, epoch));
  const work = await mkdtemp(join(dirname(folder), 'export-work-'));
  try {
    const target = join(work, 'export');
    const aborted = signal === undefined ? {} : { signal };
    if (!(await exportAgain(store, { manifest, epoch: final.epoch, workFolder: work, target, ...aborted })))
      throw corrupt(`${store.objects.path(layout.job(of, final.epoch))} is gone`);
    await syncTree(target);
    // What is there already is whole: an earlier call of the same epoch put it there.
    await rename(target, folder).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    });
    await syncFolder(dirname(folder));
  } catch (error) {
    throw faultOf(error, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const result: StageResult = {
    schema: 'stagewright/result@1',
    key,
    of,
    epoch,
    step,
    final,
    export: {
      root: layout.export(key, epoch).slice(layout.stage(key).length + 1),
      files: await hashFolder(folder),
    },
    trainer: manifest.trainer,
  };
  await store.commitResult(result);
  await store.endEpoch(key, epoch, 'done');
  return (await store.readResult(key)) ?? result;
}
