/**
 * How hard each question is: K samples of one model, graded by the product's verifier; the share that is right is the pass rate.
 * Pure: requests, grades, what is dropped, the order of ties. Asking is generators/'s; the order of training core/order.ts's.
 */
import { z } from 'zod';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../canonical-json.js';
import { DIGITS_VERIFIER, gradeResponse } from '../digits/grade.js';
import { END } from '../digits/vocabulary.js';
import { unknownReasonSchema, type GenerationRequest, type Outcome, type Sampling } from '../generation.js';
import type { GeneratorIdentity } from '../generators.js';
import type { Row } from '../row.js';
import { findAnswer } from '../verify/extract.js';
import { goldAsAnswer } from '../verify/gold-check.js';
import { verifierNamed } from '../verify/verifiers.js';
import { PROMPTS } from './prompts.js';
import { render, userMessage, wordingFor } from './wording.js';

export type AskedRow = Pick<Row, 'id' | 'kind' | 'problem' | 'images' | 'answer' | 'options'>;

interface Asking {
  readonly by: GeneratorIdentity;
  readonly sampling: Sampling;
  readonly seed: number;
  /** K. */
  readonly samples: number;
}

/** @param images sha256 of the row's images, in order. @returns K requests; sample k has the same seed whatever K is. */
export function difficultyRequests(row: AskedRow, images: readonly string[], asking: Asking): GenerationRequest[] {
  const { by, sampling, seed, samples } = asking;
  const wording = wordingFor(row, by);
  const text = wording === 'words' ? row.problem : render(PROMPTS.difficulty.ask, { problem: row.problem });
  const messages = [userMessage(text, images)];
  return Array.from({ length: samples }, (_, sample) => ({
    messages,
    sampling,
    seed: sampleSeed(seed, sample, messages),
    sample,
  }));
}

/** By content: equal questions share their answers, and different ones do not draw the same numbers. 31 bits, as servers take. */
function sampleSeed(seed: number, sample: number, messages: GenerationRequest['messages']): number {
  return firstBits(`stagewright/sample@1\n${canonicalJson([seed, sample, messages])}`);
}

function firstBits(text: string): number {
  const digest = sha256(utf8ToBytes(text));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 1;
}

/** Besides the reasons of generation.ts: no answer could ever be right. */
const sampleUnknownSchema = z.enum([...unknownReasonSchema.options, 'no_gold']);
export type SampleUnknown = z.infer<typeof sampleUnknownSchema>;

export const gradedSampleSchema = z.strictObject({
  sample: z.int().min(0),
  /** Null: unknown, neither right nor wrong. */
  correct: z.boolean().nullable(),
  /** What the verifier took for the answer; null where it found none. */
  prediction: z.string().nullable(),
  text: z.string(),
  unknown: sampleUnknownSchema.optional(),
});
export type GradedSample = z.infer<typeof gradedSampleSchema>;

/** @param verifier name, as the derivation has it. @throws StagewrightError UnknownName */
export function gradeSample(row: AskedRow, verifier: string, sample: number, outcome: Outcome): GradedSample {
  if (outcome.kind === 'unknown') return { sample, correct: null, prediction: null, text: '', unknown: outcome.reason };
  const { text, finish_reason } = outcome.answer;
  // One that was cut off never ended: in words it has no form.
  return { sample, text, ...gradeText(row, verifier, text, finish_reason === 'stop') };
}

type Graded = Pick<GradedSample, 'correct' | 'prediction' | 'unknown'>;

/** @param ended false for a text that was cut off. @throws StagewrightError UnknownName */
export function gradeText(
  row: Pick<Row, 'kind' | 'answer' | 'options'>,
  verifier: string,
  text: string,
  ended = true,
): Graded {
  if (verifier === DIGITS_VERIFIER.name) {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const grade = gradeResponse(row, ended && !words.includes(END) ? [...words, END] : words);
    return { correct: grade.correct, prediction: grade.answer };
  }
  if (text.trim() === '') return { correct: null, prediction: null, unknown: 'empty' };
  const verify = verifierNamed(verifier, [DIGITS_VERIFIER.name]);
  const item = { gold: row.answer, ...(row.options === undefined ? {} : { choices: row.options }) };
  const { verdict, reason } = verify({ ...item, pred: text });
  if (reason === 'no-gold' || (reason === 'too-large' && verify(goldAsAnswer(item)).verdict !== 'correct'))
    return { correct: null, prediction: null, unknown: 'no_gold' };
  // What cannot be graded earns no reward either.
  return { correct: verdict === 'correct', prediction: answerIn(text) };
}

function answerIn(text: string): string | null {
  const parts = findAnswer(text, false)?.parts ?? [];
  return parts.length === 0 ? null : parts.map((part) => part.trim()).join(', ');
}

/** A row whose samples are not all there is unknown: a rate over fewer would be another measure. */
export function passRate(samples: readonly Pick<GradedSample, 'correct'>[], expected: number): number | null {
  if (samples.length !== expected || samples.some(({ correct }) => correct === null)) return null;
  return samples.filter(({ correct }) => correct === true).length / expected;
}

export interface Limits {
  readonly saturated: number | null;
  readonly hopeless: number | null;
}
export type DifficultyVerdict = 'kept' | 'saturated' | 'hopeless' | 'unknown';

export function difficultyVerdict(rate: number | null, { saturated, hopeless }: Limits): DifficultyVerdict {
  if (rate === null) return 'unknown';
  if (saturated !== null && rate >= saturated) return 'saturated';
  return hopeless !== null && rate <= hopeless ? 'hopeless' : 'kept';
}

/**
 * Rows of a scored set are written by this number, rising (equal ones by id): a stage's order by pass rate is stable, so rows of one
 * pass rate come in an order that the seed drew and no file had. 53 bits: no two of a million rows are likely to share one.
 */
export function tieOrder(seed: number, id: string): number {
  const digest = sha256(utf8ToBytes(`stagewright/ties@1\n${seed}\n${id}`));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return (view.getUint32(0) >>> 11) * 2 ** 32 + view.getUint32(4);
}

export function byTieOrder<T extends { readonly id: string }>(rows: readonly T[], seed: number): T[] {
  return rows
    .map((row) => ({ row, at: tieOrder(seed, row.id) }))
    .sort((a, b) => a.at - b.at || (a.row.id < b.row.id ? -1 : 1))
    .map(({ row }) => row);
}
