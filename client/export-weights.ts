/**
 * Weights of a stage, or of one of its checkpoints, as a folder of one's own: checked, copied whole, with a file that says where
 * they come from. It never writes over anything, and a folder under the final name is complete.
 */
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import prettyBytes from 'pretty-bytes';
import { z } from 'zod';
import type { HashedFile, StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { exportCheckpoint } from '../runner/export-checkpoint.js';
import { hashFolder } from '../runner/export-stage.js';
import { repairExport } from '../runner/repair-export.js';
import { errorCode, faultOf } from '../store/faults.js';
import { checkFiles } from '../store/file-check.js';
import { findWhole } from '../store/find-checkpoint.js';
import { syncTree } from '../store/folders.js';
import { layout } from '../store/layout.js';
import { installedModels, modelFolder } from '../store/models.js';
import { makeFolder, syncFolder } from '../store/objects.js';
import { readRecord, recordText } from '../store/records.js';
import type { Store } from '../store/store.js';
import { lineageOfWeights, type Ancestor } from './lineage-of-weights.js';
import type { NamedStage } from './store-stages.js';

export const FORMATS = ['weights', 'model'] as const;
/** `weights`: what the trainer exports. `model`: also the graphs of the embedded model, so that the folder answers by itself. */
export type Format = (typeof FORMATS)[number];
export const PROVENANCE_FILE = 'stagewright.json';
/** Longer than a silent epoch holds: whoever exports the same checkpoint has ended by then, or goes on. */
const HELD_LIMIT_MS = 30_000;

export interface ExportOptions {
  readonly stage: NamedStage;
  /** A checkpoint's; null = the finished stage's. */
  readonly step: number | null;
  /** Must not exist. */
  readonly out: string;
  readonly format: Format;
  readonly host: string;
  /** For the provenance file. */
  readonly recipe: string | null;
}

export interface Exported {
  readonly folder: string;
  readonly provenance: Provenance;
  /** Files of the store that were damaged and made again. */
  readonly repaired: readonly string[];
}

export interface Provenance {
  readonly schema: 'stagewright/exported@1';
  readonly recipe: string | null;
  readonly stage: string | null;
  readonly key: string;
  readonly step: number;
  readonly epoch: number;
  readonly trainer: StageResult['trainer'];
  readonly lineage: readonly Ancestor[];
  readonly files: readonly HashedFile[];
}

/** @throws StagewrightError UnknownName (no such step, not finished), SettingsMissing (`out` exists), ExportCorrupt, DiskFull, NoPermission */
export async function exportWeights(store: Store, options: ExportOptions): Promise<Exported> {
  const { stage, format, recipe } = options;
  const out = resolve(options.out);
  refuseExisting(out);
  const result = await resultOf(store, options);
  const damaged = await store.verifyExport(result);
  if (damaged.length > 0) await repairExport(store, result, damaged);
  const extra =
    format === 'model' ? (await modelOfStage(store, stage, '; export it with --format weights')).folder : null;
  await assertSpace(out, result);
  const partial = join(dirname(out), `.${basename(out)}.partial-${randomBytes(6).toString('hex')}`);
  try {
    await makeFolder(dirname(out));
    await mkdir(partial);
    for (const { path } of result.export.files) await copyInto(store.exportFolder(result), path, partial);
    const verdict = await checkFiles(partial, result.export.files);
    if (verdict.kind === 'damaged')
      throw new StagewrightError('ExportCorrupt', `the copy of ${verdict.file} is not what was read: ${verdict.why}`);
    if (extra !== null)
      for (const { path } of await hashFolder(extra)) await copyInto(extra, path, join(partial, 'graphs'));
    const provenance: Provenance = {
      schema: 'stagewright/exported@1',
      ...{ recipe, stage: stage.name, key: stage.key, step: result.step, epoch: result.final.epoch },
      trainer: result.trainer,
      lineage: await lineageOfWeights(store, stage.key),
      files: await hashFolder(partial),
    };
    await writeFile(join(partial, PROVENANCE_FILE), recordText(provenance));
    await syncTree(partial);
    refuseExisting(out);
    await rename(partial, out).catch((error: unknown) => {
      if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') throw existing(out);
      throw error;
    });
    await syncFolder(dirname(out));
    return { folder: out, provenance, repaired: damaged.map(({ file }) => file) };
  } catch (error) {
    throw faultOf(error, out);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function resultOf(store: Store, { stage, step, host }: ExportOptions): Promise<StageResult> {
  const { key } = stage;
  const name = stage.name ?? key.slice(0, 12);
  const result = await store.readResult(key);
  if (result !== null && (step === null || step === result.step)) return result;
  const { checkpoint, steps } = await findWhole(store, key, null, step ?? -1);
  if (step === null)
    throw new StagewrightError(
      'UnknownName',
      `stage ${name} is not finished. Export one of its checkpoints with --step: ${steps.join(', ') || 'it has none yet'}`,
    );
  if (checkpoint === null)
    throw new StagewrightError(
      'UnknownName',
      `stage ${name} has no whole checkpoint of step ${step}; it has those of ${steps.join(', ') || 'no step'}`,
    );
  // Always the same owner: a call that was killed is taken up by the next one.
  const owner = { workflow_id: 'stagewright/export', run_id: `export-${checkpoint.key}-${step}`, attempt: 1 };
  for (const limit = performance.now() + HELD_LIMIT_MS; ;) {
    try {
      return await exportCheckpoint(store, { checkpoint, name, owner, host, hold: false });
    } catch (error) {
      if (!(error instanceof StagewrightError && error.type === 'EpochHeld') || performance.now() > limit) throw error;
      await sleep(1_000);
    }
  }
}

const materialSchema = z.object({ material: z.object({ model: z.string() }) });

/** The embedded model that a stage was trained on, as this installation has it. @throws StagewrightError UnknownName */
export async function modelOfStage(
  store: Store,
  { key, name }: NamedStage,
  advice = '',
): Promise<{ readonly folder: string; readonly sha256: string }> {
  const record = await readRecord(store.objects, layout.keyMaterial(key), materialSchema);
  const models = await installedModels();
  const found = Object.entries(models).find(([, sha256]) => sha256 === record?.material.model);
  if (found !== undefined) return { folder: await modelFolder({ name: found[0], sha256: found[1] }), sha256: found[1] };
  throw new StagewrightError(
    'UnknownName',
    `stage ${name ?? key} was trained on a model that this installation does not have (sha256 ${record?.material.model.slice(0, 12) ?? 'unknown'})${advice}`,
  );
}

async function copyInto(from: string, path: string, to: string): Promise<void> {
  await mkdir(dirname(join(to, path)), { recursive: true });
  // A reflink where the file system has them: no second copy of many GB.
  await copyFile(join(from, path), join(to, path), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

async function assertSpace(out: string, result: StageResult): Promise<void> {
  let at = dirname(out);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  const { bavail, bsize } = await statfs(at);
  const needed = result.export.files.reduce((sum, { size }) => sum + size, 0);
  if (needed <= bavail * bsize) return;
  throw new StagewrightError(
    'DiskFull',
    `${out} needs ${prettyBytes(needed)}, and ${prettyBytes(bavail * bsize)} are free: free some, or choose another place with --out`,
    { path: out, free_bytes: bavail * bsize },
  );
}

function refuseExisting(out: string): void {
  if (existsSync(out)) throw existing(out);
}
function existing(out: string): StagewrightError {
  return new StagewrightError(
    'SettingsMissing',
    `${out} exists already, and nothing is written over: choose another with --out`,
  );
}
