/** Makes a damaged export again from the stage's final checkpoint, by the backend and job that the store remembers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { layout } from '../store/layout.js';
import { recordText, readRecord } from '../store/records.js';
import type { DamagedFile } from '../store/results.js';
import type { Store } from '../store/store.js';
import { findBackend } from './backends/registry.js';
import { failureOf } from './exit-verdict.js';
import { checkpointFiles } from './export-stage.js';

const jobRecordSchema = z.strictObject({ backend: z.string(), job: z.json() });

export interface RepairOptions {
  /** Aborting ends the exporter. */
  readonly signal?: AbortSignal;
}

/**
 * @throws StagewrightError ExportCorrupt when the final checkpoint is damaged too, or gives other bytes than the result says;
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
  const manifest = await store.readManifest(key, final);
  if (manifest === null) throw corrupt(`the manifest of step ${final.step} is gone`);
  const verdict = await store.verifyForHandover(manifest);
  if (verdict.kind === 'damaged') throw corrupt(`final checkpoint, ${verdict.file}: ${verdict.why}`);
  const remembered = await readRecord(store.objects, layout.job(key, epoch), jobRecordSchema);
  if (remembered === null) throw corrupt(`${store.objects.path(layout.job(key, epoch))} is gone`);

  const backend = await findBackend(remembered.backend);
  const folder = await mkdtemp(join(store.objects.path(layout.epoch(key, epoch)), 'export-again-'));
  try {
    const target = join(folder, 'export');
    const jobFile = join(folder, 'job.json');
    await writeFile(jobFile, recordText(backend.exportJob(remembered.job, checkpointFiles(store, manifest), target)));
    await run(backend.exportCommand(jobFile).argv, folder, signal);
    await store.replaceExport(result, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run([program = '', ...args]: readonly string[], folder: string, signal?: AbortSignal): Promise<void> {
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-16_384)));
  const [code, killed] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  const failure = failureOf('the export', { code, signal: killed, error: null }, log);
  throw new StagewrightError(failure.type as StagewrightError['type'], failure.message);
}
