/** Tiny weights, trained here for a second or two, in a folder as exports have it, with the rows that they were trained on. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRows, type LoadedRow } from '../../store/rows.js';
import type { WeightsFile } from '../../trainers/onnx/sampler.js';
import { train } from '../../trainers/onnx/train.js';
import { makeData, makeJob, modelOf, sha256, type Data } from '../activity/onnx-trainer-support.js';

export interface TinyWeights {
  readonly data: Data;
  readonly rows: readonly LoadedRow[];
  /** Holds model.safetensors. */
  readonly folder: string;
  readonly weights: WeightsFile;
}

const STEPS = 40;

export async function trainTiny(folder: string, rows = 60): Promise<TinyWeights> {
  const data = await makeData(join(folder, 'data'), { count: rows, mix: { at: 2, largest: 1, text_sum: 1 } });
  const job = makeJob(join(folder, 'run'), data, {
    sft: { steps: STEPS, learning_rate: 2e-2, batch_size: 16 },
    more: { save_every_steps: STEPS },
  });
  await train(job);
  const exported = join(folder, 'export');
  mkdirSync(exported, { recursive: true });
  const weightsFile = join(exported, 'model.safetensors');
  cpSync(join(job.output.checkpoints, `step-${STEPS}`, 'weights.safetensors'), weightsFile);
  const model = modelOf('tiny');
  return {
    data,
    rows: await loadRows(data.folder),
    folder: exported,
    weights: { modelFolder: model.folder, modelSha256: model.sha256, weightsFile, weightsSha256: sha256(weightsFile) },
  };
}
