/**
 * Answers of trained weights to single questions, greedy or drawn. What is drawn for a question depends on it, its seed and its
 * sample number only: the graph always runs at one width, so that an answer never depends on what else is asked with it.
 */
import { createHash } from 'node:crypto';
import { decodeResponse, type EncodedRow } from '../../core/digits/encode.js';
import { readVerified } from './digest.js';
import { SampleGraph, type Questions } from './graphs.js';
import { readModel, type Model } from './model-folder.js';
import { parametersFrom, type Parameters } from './parameters.js';
import { derivedGenerator, fillGumbel } from './random.js';
import { decodeSafetensors } from './safetensors.js';

/** Questions a run of the graph; fewer are padded. */
export const SAMPLER_WIDTH = 64;

export interface WeightsFile {
  readonly modelFolder: string;
  /** sha256 of model.json. */
  readonly modelSha256: string;
  readonly weightsFile: string;
  readonly weightsSha256: string;
}

export type EncodedQuestion = Pick<EncodedRow, 'images' | 'hasImage' | 'prompt'>;

export interface Draw {
  readonly question: EncodedQuestion;
  /** 0 is greedy; then seed and sample mean nothing. */
  readonly temperature: number;
  readonly seed: number;
  readonly sample: number;
}

export interface LoadedSampling {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly graph: SampleGraph;
}

/** @throws StagewrightError DigestMismatch when model or weights hold other bytes. */
export async function loadSampling(from: WeightsFile, threads: number): Promise<LoadedSampling> {
  const model = await readModel(from.modelFolder, from.modelSha256);
  const bytes = await readVerified(from.weightsFile, { sha256: from.weightsSha256 }, 'weights');
  const parameters = parametersFrom(model.parameters, decodeSafetensors(bytes, from.weightsFile), from.weightsFile);
  return { model, parameters, graph: await SampleGraph.load(model, threads) };
}

export class Sampler {
  readonly #loaded: LoadedSampling;

  private constructor(loaded: LoadedSampling) {
    this.#loaded = loaded;
  }

  static async load(from: WeightsFile, threads: number): Promise<Sampler> {
    return new Sampler(await loadSampling(from, threads));
  }

  /** @param draws at most SAMPLER_WIDTH. @returns words of each, in order, up to and with `<eos>`; without it when it did not end. */
  async draw(draws: readonly Draw[]): Promise<string[][]> {
    if (draws.length > SAMPLER_WIDTH) throw new RangeError(`${draws.length} draws; a run takes ${SAMPLER_WIDTH}`);
    const { model, parameters, graph } = this.#loaded;
    const { response: width, vocab } = model.dims;
    const noise = new Float32Array(SAMPLER_WIDTH * width * vocab);
    for (const [i, draw] of draws.entries())
      fillNoise(noise.subarray(i * width * vocab, (i + 1) * width * vocab), draw);
    const { response } = await graph.run(parameters, padded(draws, model), noise, 1);
    return draws.map((_, i) => decodeResponse(response.subarray(i * width, (i + 1) * width)));
  }

  release(): Promise<void> {
    return this.#loaded.graph.release();
  }
}

/** argmax(logits + T * noise) is the draw at temperature T, so that questions of any temperature share a run. */
function fillNoise(out: Float32Array, { question, temperature, seed, sample }: Draw): void {
  if (temperature === 0) return;
  fillGumbel(out, derivedGenerator(seed, `answer/${questionSha256(question)}`, sample));
  for (let i = 0; i < out.length; i++) out[i] = temperature * (out[i] ?? 0);
}

function questionSha256({ prompt, hasImage, images }: EncodedQuestion): string {
  const hash = createHash('sha256').update(bytesOf(prompt));
  if (hasImage === 1) hash.update(bytesOf(images));
  return hash.digest('hex');
}

const bytesOf = (array: Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function padded(draws: readonly Draw[], { dims, padId }: Model): Questions {
  const pixels = dims.images * dims.pixels;
  const questions = {
    count: SAMPLER_WIDTH,
    images: new Float32Array(SAMPLER_WIDTH * pixels),
    hasImage: new Float32Array(SAMPLER_WIDTH),
    prompt: new Int32Array(SAMPLER_WIDTH * dims.prompt).fill(padId),
  };
  for (const [i, { question }] of draws.entries()) {
    questions.images.set(question.images, i * pixels);
    questions.hasImage[i] = question.hasImage;
    questions.prompt.set(question.prompt, i * dims.prompt);
  }
  return questions;
}
