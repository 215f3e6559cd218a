/** Where the weights of a stage's export lie, and what they must hold. Reads nothing. */
import { join } from 'node:path';
import type { StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import type { Results } from './results.js';

export const WEIGHTS_FILE = 'model.safetensors';

/** @throws StagewrightError ExportCorrupt when the export lists no weights. */
export function exportedWeights(
  store: Pick<Results, 'exportFolder'>,
  result: StageResult,
): { file: string; sha256: string } {
  const entry = result.export.files.find(({ path }) => path === WEIGHTS_FILE);
  if (entry === undefined)
    throw new StagewrightError('ExportCorrupt', `the export of stage ${result.key} lists no ${WEIGHTS_FILE}`);
  return { file: join(store.exportFolder(result), entry.path), sha256: entry.sha256 };
}
