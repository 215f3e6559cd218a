/** Greedy answers of trained weights, for evaluation. Runs in the caller's process; grades nothing. */
import { decodeResponse } from '../../core/digits/encode.js';
import type { LoadedRow } from '../../store/rows.js';
import { questionsOf } from './batches.js';
import { readVerified } from './digest.js';
import { SampleGraph } from './graphs.js';
import { readModel } from './model-folder.js';
import { parametersFrom } from './parameters.js';
import { decodeSafetensors } from './safetensors.js';

export interface AnswerOptions {
  readonly modelFolder: string;
  /** sha256 of model.json. */
  readonly modelSha256: string;
  readonly weightsFile: string;
  readonly weightsSha256: string;
  readonly rows: readonly LoadedRow[];
  /** Rows a run of the graph. */
  readonly batch: number;
  readonly threads: number;
  /** Greedy; other temperatures would need a seed. */
  readonly temperature: 0;
}

export interface Answer {
  readonly id: string;
  /** Words joined by blanks, up to and with `<eos>`; without it when the model did not end. */
  readonly response: string;
  /** The same words, as gradeResponse takes them. */
  readonly words: readonly string[];
}

/** In the order of the rows. @throws StagewrightError DigestMismatch when model or weights hold other bytes. */
export async function* answerRows(options: AnswerOptions): AsyncGenerator<Answer> {
  const { weightsFile, weightsSha256, rows, batch } = options;
  const model = await readModel(options.modelFolder, options.modelSha256);
  const bytes = await readVerified(weightsFile, { sha256: weightsSha256 }, 'weights');
  const parameters = parametersFrom(model.parameters, decodeSafetensors(bytes, weightsFile), weightsFile);
  const sample = await SampleGraph.load(model, options.threads);
  try {
    const { response: width, vocab } = model.dims;
    for (let start = 0; start < rows.length; start += batch) {
      const part = rows.slice(start, start + batch);
      const greedy = new Float32Array(part.length * width * vocab);
      const { response } = await sample.run(parameters, questionsOf(part, 1, model), greedy, 1);
      for (const [i, { row }] of part.entries()) {
        const words = decodeResponse(response.subarray(i * width, (i + 1) * width));
        yield { id: row.id, response: words.join(' '), words };
      }
    }
  } finally {
    await sample.release();
  }
}
