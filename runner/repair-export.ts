/** Makes a damaged export again from the checkpoint that it came from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { layout } from '../store/layout.js';
import type { DamagedFile } from '../store/results.js';
import type { Store } from '../store/store.js';
import { exportAgain } from './export-again.js';

export interface RepairOptions {
  /** Aborting ends the exporter. */
  readonly signal?: AbortSignal;
}

/**
 * @throws StagewrightError ExportCorrupt when the checkpoint is damaged too, or gives other bytes than the result says;
 * what the exporter failed with otherwise.
 */
export async function repairExport(
  store: Store,
  result: StageResult,
  damaged: readonly DamagedFile[],
  { signal }: RepairOptions = {},
): Promise<void> {
  const { key, epoch, final } = result;
  const words = damaged.map(({ file, why }) => `${file}: ${why}`).join('; ');
  const corrupt = (why: string): StagewrightError =>
    new StagewrightError(
      'ExportCorrupt',
      `export of stage ${key.slice(0, 12)} is damaged (${words}) and cannot be made again: ${why}`,
      { key, step: final.step },
    );
  const trained = result.of ?? key;
  const manifest = await store.readManifest(trained, final);
  if (manifest === null) throw corrupt(`the manifest of step ${final.step} is gone`);
  const verdict = await store.verifyForHandover(manifest);
  if (verdict.kind === 'damaged') throw corrupt(`final checkpoint, ${verdict.file}: ${verdict.why}`);

  const folder = await mkdtemp(join(store.objects.path(layout.epoch(key, epoch)), 'export-again-'));
  try {
    const target = join(folder, 'export');
    const jobEpoch = result.of === undefined ? epoch : final.epoch;
    const aborted = signal === undefined ? {} : { signal };
    if (!(await exportAgain(store, { manifest, epoch: jobEpoch, workFolder: folder, target, ...aborted })))
      throw corrupt(`${store.objects.path(layout.job(trained, jobEpoch))} is gone`);
    await store.replaceExport(result, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
