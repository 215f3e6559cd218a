/**
 * One question to a model and what came back: the shapes that every generator takes and gives, and the key under which an answer
 * is journaled. Which model answers is core/generators.ts; how it is reached, generators/.
 */
import { z } from 'zod';
import { derivationKey } from './canonical-json.js';
import { sha256Schema } from './checkpoint.js';
import type { GeneratorIdentity } from './generators.js';

export const partSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  /** Of the image file's bytes; where they are is the caller's to know. */
  z.strictObject({ type: z.literal('image'), sha256: sha256Schema }),
]);
export type Part = z.infer<typeof partSchema>;

export const messageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.array(partSchema).min(1),
});
export type Message = z.infer<typeof messageSchema>;

export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(2).default(0).describe('0 is greedy.'),
  top_p: z.number().gt(0).max(1).default(1),
  max_tokens: z.int().min(1).max(131_072).default(512),
});
export type Sampling = z.infer<typeof samplingSchema>;

export interface GenerationRequest {
  readonly messages: readonly Message[];
  readonly sampling: Sampling;
  readonly seed: number;
  /** Of several of the same question, from 0. */
  readonly sample: number;
}

export const generationAnswerSchema = z.strictObject({
  text: z.string(),
  /** `length`: cut off at max_tokens. */
  finish_reason: z.enum(['stop', 'length']),
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0),
});
export type GenerationAnswer = z.infer<typeof generationAnswerSchema>;

/** Why a question has no answer. Such a row is unknown: never right, never wrong. */
export const UNKNOWN_REASONS = {
  bad_request: 'the server refuses the request',
  bad_reply: 'what came back is no completion',
  empty: 'the answer is empty',
  filtered: 'the server withheld the answer',
  timeout: 'no answer in time, several times',
  server_error: 'the server failed on it, several times',
  bad_image: 'the image cannot be read',
  unparseable: 'the answer has no letter',
  too_long: 'the prompt is longer than the model takes',
} as const;
export type UnknownReason = keyof typeof UNKNOWN_REASONS;
export const unknownReasonSchema = z.enum(Object.keys(UNKNOWN_REASONS) as [UnknownReason, ...UnknownReason[]]);

export const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answer'), answer: generationAnswerSchema }),
  z.strictObject({ kind: z.literal('unknown'), reason: unknownReasonSchema, message: z.string() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** By content: model and revision, prompt, image bytes, settings, seed, sample number. Two runs that ask the same share it. */
export function requestKey(identity: GeneratorIdentity, request: GenerationRequest): string {
  return derivationKey({ identity, ...request });
}
