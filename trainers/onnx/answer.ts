/** Greedy answers of trained weights, for evaluation. Runs in the caller's process; grades nothing. */
import { decodeResponse } from '../../core/digits/encode.js';
import type { LoadedRow } from '../../store/rows.js';
import { questionsOf } from './batches.js';
import { loadSampling, type WeightsFile } from './sampler.js';

export interface AnswerOptions extends WeightsFile {
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
  const { rows, batch } = options;
  const { model, parameters, graph } = await loadSampling(options, options.threads);
  try {
    const { response: width, vocab } = model.dims;
    for (let start = 0; start < rows.length; start += batch) {
      const part = rows.slice(start, start + batch);
      const greedy = new Float32Array(part.length * width * vocab);
      const { response } = await graph.run(parameters, questionsOf(part, 1, model), greedy, 1);
      for (const [i, { row }] of part.entries()) {
        const words = decodeResponse(response.subarray(i * width, (i + 1) * width));
        yield { id: row.id, response: words.join(' '), words };
      }
    }
  } finally {
    await graph.release();
  }
}
