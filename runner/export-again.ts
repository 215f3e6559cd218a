/**
 * Exports a checkpoint outside its run, by the backend and the job that the store remembers: to make a damaged export again, or
 * to hand over weights before a stage is done. It decides nothing about results.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Manifest } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { layout } from '../store/layout.js';
import { readRecord, recordText } from '../store/records.js';
import type { Store } from '../store/store.js';
import { findBackend } from './backends/registry.js';
import { failureOf } from './exit-verdict.js';
import { checkpointFiles } from './export-stage.js';

const jobRecordSchema = z.strictObject({ backend: z.string(), job: z.json() });

export interface ExportAgain {
  readonly manifest: Manifest;
  /** Epoch of the manifest's stage whose job is rendered again. */
  readonly epoch: number;
  /** Holds the job file while the exporter runs. */
  readonly workFolder: string;
  /** Where the weights appear, whole. */
  readonly target: string;
  /** Aborting ends the exporter. */
  readonly signal?: AbortSignal;
}

/** @returns false when the store does not remember the job. @throws StagewrightError what the exporter failed with. */
export async function exportAgain(store: Store, options: ExportAgain): Promise<boolean> {
  const { manifest, epoch, workFolder, target, signal } = options;
  const remembered = await readRecord(store.objects, layout.job(manifest.key, epoch), jobRecordSchema);
  if (remembered === null) return false;
  const backend = await findBackend(remembered.backend);
  const jobFile = join(workFolder, 'job.json');
  await writeFile(jobFile, recordText(backend.exportJob(remembered.job, checkpointFiles(store, manifest), target)));
  await run(backend.exportCommand(jobFile, remembered.job).argv, workFolder, signal);
  return true;
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
