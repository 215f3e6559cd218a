/** Weights that lie in a folder of one's own (`stagewright export`, or a stage's export): which embedded model they fit. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StagewrightError } from '../core/failures.js';
import { throwFault } from '../store/faults.js';
import { installedModels, modelFolder } from '../store/models.js';
import { WEIGHTS_FILE } from '../store/weights.js';
import { sha256OfBytes } from '../trainers/onnx/digest.js';
import { readModel } from '../trainers/onnx/model-folder.js';
import { parametersFrom } from '../trainers/onnx/parameters.js';
import { decodeSafetensors } from '../trainers/onnx/safetensors.js';
import type { WeightsFile } from '../trainers/onnx/sampler.js';

/** By the tensors' names and shapes. @throws StagewrightError UnknownName when there are none, or they fit no model here. */
export async function readWeightsFolder(folder: string): Promise<WeightsFile> {
  const weightsFile = join(folder, WEIGHTS_FILE);
  const bytes = await readFile(weightsFile).catch((cause: unknown) => {
    throwFault(cause, weightsFile);
    throw new StagewrightError('UnknownName', `${folder} holds no ${WEIGHTS_FILE}`, { folder }, { cause });
  });
  const tensors = decodeSafetensors(bytes, weightsFile);
  const reasons: string[] = [];
  for (const [name, sha256] of Object.entries(await installedModels())) {
    const model = await readModel(await modelFolder({ name, sha256 }), sha256);
    try {
      parametersFrom(model.parameters, tensors, weightsFile);
      return { modelFolder: model.folder, modelSha256: sha256, weightsFile, weightsSha256: sha256OfBytes(bytes) };
    } catch (error) {
      if (!(error instanceof StagewrightError && error.type === 'DigestMismatch')) throw error;
      reasons.push(`${name}: ${error.message}`);
    }
  }
  throw new StagewrightError('UnknownName', `${weightsFile} fits no embedded model here: ${reasons.join('; ')}`);
}
