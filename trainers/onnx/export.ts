/**
 * `export`: from the final checkpoint to weights that the next stage or a server can load. The same checkpoint gives the same bytes,
 * so a damaged export is made again. It trains nothing and reads no data.
 */
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canonicalJson, derivationKey } from '../../core/canonical-json.js';
import { StagewrightError } from '../../core/failures.js';
import type { OnnxJob } from '../../core/onnx-job.js';
import { loadCheckpoint } from './checkpoint.js';
import { codeOf, diskError, publishFolder, writeAside, type FolderFile } from './durable-folder.js';
import { readModel } from './model-folder.js';
import { storeParameters } from './parameters.js';
import { encodeSafetensors } from './safetensors.js';

export const MODEL_FILE = 'model.safetensors';
export const CONFIG_FILE = 'config.json';

/** @throws StagewrightError RecipeInvalid (no `resume`), ExportCorrupt (the checkpoint is damaged), DiskFull, NoPermission. */
export async function exportWeights(job: OnnxJob): Promise<void> {
  const model = await readModel(job.model.folder, job.model.sha256);
  if (job.resume === null)
    throw new StagewrightError('RecipeInvalid', 'resume: export needs the final checkpoint there, found null');
  const { parameters } = await loadCheckpoint(job.resume, model.parameters, job.seed, 'ExportCorrupt');
  const config = {
    model: model.name,
    version: model.version,
    dims: model.dims,
    model_sha256: job.model.sha256,
    vocabulary_sha256: derivationKey(model.vocabulary),
    step: job.resume.step,
  };
  const files: FolderFile[] = [
    { path: MODEL_FILE, bytes: encodeSafetensors(storeParameters(parameters)) },
    { path: CONFIG_FILE, bytes: Buffer.from(`${canonicalJson(config)}\n`) },
  ];
  await replaceFolder(job.output.export, files);
}

async function replaceFolder(folder: string, files: readonly FolderFile[]): Promise<void> {
  const beside = (what: string): string => join(dirname(folder), `.${what}-${basename(folder)}-${process.pid}`);
  if (await holds(folder, files)) return;
  const [partial, old] = [beside('partial'), beside('replaced')];
  await writeAside(partial, files, 'export');
  await rename(folder, old).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw diskError(error, folder);
  });
  await publishFolder(partial, folder);
  await rm(old, { recursive: true, force: true });
}

async function holds(folder: string, files: readonly FolderFile[]): Promise<boolean> {
  for (const { path, bytes } of files) {
    const present = await readFile(join(folder, path)).catch(() => undefined);
    if (present === undefined || Buffer.compare(present, bytes) !== 0) return false;
  }
  return true;
}
