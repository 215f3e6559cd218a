/**
 * The trainer's checkpoints: weights, Adam's moments, and checkpoint.json with the position. That is all state there is: random
 * generators are derived from seed and step. It saves and loads; which checkpoint is resumed and which stay is the caller's.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../core/canonical-json.js';
import { StagewrightError, type FailureType } from '../../core/failures.js';
import { onnxCheckpointSchema, type OnnxCheckpoint, type OnnxJob } from '../../core/onnx-job.js';
import { failPoint } from '../../store/fail-point.js';
import type { AdamState } from './adam.js';
import type { DataPosition } from './data-order.js';
import { describeFile, readVerified } from './digest.js';
import { codeOf, diskError, publishFolder, writeAside, type FolderFile } from './durable-folder.js';
import type { ParameterSpec } from './model-folder.js';
import { floatsOf, parametersFrom, storeParameters, type Parameter, type Parameters } from './parameters.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.js';

export const WEIGHTS_FILE = 'weights.safetensors';
export const ADAM_FILE = 'adam.safetensors';
export const CHECKPOINT_FILE = 'checkpoint.json';

export interface TrainingState {
  readonly step: number;
  readonly parameters: Parameters;
  readonly adam: AdamState;
  readonly position: DataPosition;
  readonly seed: number;
}

/**
 * Saves as `step-<n>` under `folder`. A folder of that name with equal bytes is fine: the trainer is deterministic.
 * @throws StagewrightError DiskFull, NoPermission, Internal (another checkpoint of that name).
 */
export async function saveCheckpoint(folder: string, state: TrainingState): Promise<void> {
  const { step, seed, position } = state;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, folder);
  });
  const files: FolderFile[] = [
    { path: WEIGHTS_FILE, bytes: encodeSafetensors(storeParameters(state.parameters)) },
    { path: ADAM_FILE, bytes: encodeSafetensors(storeAdam(state.parameters, state.adam)) },
  ];
  const listing: OnnxCheckpoint = {
    schema: 'stagewright/onnx-checkpoint@1',
    step,
    files: files.map(({ path, bytes }) => describeFile(path, bytes)),
    data_position: { ...position },
    seed,
  };
  files.push({ path: CHECKPOINT_FILE, bytes: Buffer.from(`${canonicalJson(listing)}\n`) });
  const partial = join(folder, `.partial-${step}-${process.pid}`);
  const whole = join(folder, `step-${step}`);
  await writeAside(partial, files, 'save');
  failPoint('save-before-rename');
  await publishFolder(partial, whole).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    await expectEqual(whole, files);
  });
  failPoint('save-after-rename');
}

async function expectEqual(folder: string, files: readonly FolderFile[]): Promise<void> {
  for (const { path, bytes } of files)
    await readVerified(
      join(folder, path),
      describeFile(path, bytes),
      'a checkpoint of this step exists already and differs from this one (do two trainers share the folder?)',
      'Internal',
    );
}

/**
 * Loads what a job's `resume` names: every file is compared with its size and sha256 first.
 * @param type of the error, which names the file: a damaged checkpoint is retried from an older one in training.
 */
export async function loadCheckpoint(
  resume: NonNullable<OnnxJob['resume']>,
  specs: readonly ParameterSpec[],
  seed: number,
  type: FailureType,
): Promise<{ step: number; parameters: Parameter[]; adam: AdamState; position: DataPosition }> {
  const read = async (path: string): Promise<{ file: string; bytes: Uint8Array }> => {
    const file = join(resume.folder, path);
    const listed = resume.files.find((entry) => entry.path === path);
    if (listed === undefined)
      throw new StagewrightError('RecipeInvalid', `resume.files of the job does not list ${path} of ${resume.folder}`, {
        file,
      });
    return { file, bytes: await readVerified(file, listed, `checkpoint of step ${resume.step}`, type) };
  };
  const [weights, moments, listing] = [await read(WEIGHTS_FILE), await read(ADAM_FILE), await read(CHECKPOINT_FILE)];
  const parsed = onnxCheckpointSchema.safeParse(JSON.parse(Buffer.from(listing.bytes).toString('utf8')));
  if (!parsed.success || parsed.data.step !== resume.step || parsed.data.seed !== seed)
    throw new StagewrightError(
      type,
      `${listing.file} is no checkpoint of step ${resume.step} and seed ${seed}: ${parsed.success ? `step ${parsed.data.step}, seed ${parsed.data.seed}` : parsed.error.message}`,
      { file: listing.file },
    );
  return {
    step: resume.step,
    parameters: parametersFrom(specs, decodeSafetensors(weights.bytes, weights.file), weights.file, type),
    adam: loadAdam(specs, decodeSafetensors(moments.bytes, moments.file), moments.file, type),
    position: parsed.data.data_position,
  };
}

function storeAdam(parameters: Parameters, { m, v, t }: AdamState): Map<string, StoredTensor> {
  const stored = new Map<string, StoredTensor>();
  for (const [prefix, moments] of [['m', m] as const, ['v', v] as const])
    for (const [i, { spec }] of parameters.entries())
      stored.set(`${prefix}.${spec.name}`, { dtype: 'F32', shape: spec.shape, data: moments[i] ?? new Float32Array() });
  return stored.set('t', { dtype: 'I64', shape: [], data: BigInt64Array.of(BigInt(t)) });
}

function loadAdam(
  specs: readonly ParameterSpec[],
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
  type: FailureType,
): AdamState {
  const t = stored.get('t');
  if (t?.dtype !== 'I64') throw new StagewrightError(type, `${where}: tensor t is missing`, { file: where });
  const moments = (prefix: string): Float32Array[] =>
    specs.map((spec) => floatsOf(stored, `${prefix}.${spec.name}`, spec.shape, where, type));
  return { m: moments('m'), v: moments('v'), t: Number(t.data[0]) };
}
