/**
 * Makes a damaged export again from the stage's final checkpoint, by the trainer's own export command: the same bytes, or an
 * error. Runs where a hand-over finds the damage; it takes no device and no epoch.
 */
import { mkdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { layout } from '../store/layout.js';
import { readRecord } from '../store/records.js';
import type { DamagedFile } from '../store/results.js';
import type { Store } from '../store/store.js';
import type { Json } from './backends/backend.js';
import { findBackend } from './backends/registry.js';
import { writeWhole } from './run-folder.js';

/** @throws StagewrightError ExportCorrupt when the final checkpoint is damaged too, or makes other bytes. */
export async function repairExport(store: Store, result: StageResult, damaged: readonly DamagedFile[]): Promise<void> {
  const what = `stage ${result.key.slice(0, 12)}: its export is damaged (${damaged.map((d) => `${d.file}: ${d.why}`).join('; ')})`;
  const corrupt = (why: string): StagewrightError => new StagewrightError('ExportCorrupt', `${what}, and ${why}`, { key: result.key });
  const manifest = await store.readManifest(result.key, result.final);
  if (manifest === null) throw corrupt(`the manifest of its final checkpoint (step ${result.final.step}) is gone`);
  const verdict = await store.verifyCheckpoint(manifest);
  if (verdict.kind === 'damaged') throw corrupt(`its final checkpoint is damaged too: ${verdict.file}: ${verdict.why}`);
  const job = await readRecord(store.objects, layout.job(result.key, result.epoch), z.json());
  if (job === null) throw corrupt('the job that made it is gone');

  const backend = await findBackend(result.trainer.name);
  const folder = store.checkpointFolder(manifest);
  const { files } = await backend.readCheckpoint(folder);
  const work = store.objects.path(`${layout.epoch(result.key, result.epoch)}/.repair-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(work, { recursive: true });
    const jobFile = join(work, 'job.json');
    const target = join(work, 'export');
    writeWhole(jobFile, backend.exportJob(job as Json, { folder, step: manifest.step, files }, target));
    const { argv, cwd, env } = backend.exportCommand(jobFile);
    const [program = '', ...args] = argv;
    const { exitCode, stderr } = await execa(program, args, { cwd, env, reject: false });
    if (exitCode !== 0) throw corrupt(`making it again failed with exit code ${String(exitCode)}: ${stderr.slice(-500)}`);
    await store.replaceExport(result, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
