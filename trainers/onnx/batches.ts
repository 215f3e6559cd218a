/** From rows to the arrays that graphs take, and picking samples out of them. Copies, no arithmetic. */
import type { LoadedRow } from '../../store/rows.js';
import type { Questions, TrainingBatch } from './graphs.js';
import type { Model } from './model-folder.js';

/** Each row `repeat` times, one after another. */
export function questionsOf(rows: readonly LoadedRow[], repeat: number, { dims }: Model): Questions {
  const count = rows.length * repeat;
  const pixels = dims.images * dims.pixels;
  const questions = {
    count,
    images: new Float32Array(count * pixels),
    hasImage: new Float32Array(count),
    prompt: new Int32Array(count * dims.prompt),
  };
  for (let i = 0; i < count; i++) {
    const row = rows[Math.floor(i / repeat)];
    if (row === undefined) throw new Error('unreachable: sample without a row');
    questions.images.set(row.images, i * pixels);
    questions.hasImage[i] = row.hasImage;
    questions.prompt.set(row.prompt, i * dims.prompt);
  }
  return questions;
}

/** The samples named by `indices`, in that order. */
export function pickSamples(batch: TrainingBatch, indices: Int32Array): TrainingBatch {
  const { count } = batch;
  return {
    count: indices.length,
    images: pick(batch.images, count, indices),
    hasImage: pick(batch.hasImage, count, indices),
    prompt: pick(batch.prompt, count, indices),
    response: pick(batch.response, count, indices),
    mask: pick(batch.mask, count, indices),
    advantage: pick(batch.advantage, count, indices),
    oldLogp: pick(batch.oldLogp, count, indices),
    refLogp: pick(batch.refLogp, count, indices),
  };
}

function pick<T extends Float32Array | Int32Array>(from: T, count: number, indices: Int32Array): T {
  const width = from.length / count;
  const out = new (from.constructor as new (length: number) => T)(indices.length * width);
  for (const [i, sample] of indices.entries()) out.set(from.subarray(sample * width, (sample + 1) * width), i * width);
  return out;
}

export function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
