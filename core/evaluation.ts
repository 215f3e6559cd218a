/**
 * Wire shapes of an evaluation: one graded answer, one shard's file, the summary by kind. Counts, not shares, so that sums over
 * shards are exact; shares and intervals are for whoever shows them.
 */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';
import { REASONS, type Reason } from './verify/contract.js';

export const gradedAnswerSchema = z.strictObject({
  id: z.string(),
  capability: z.string(),
  kind: z.string(),
  /** The model's words, end of sequence left out. */
  response: z.string(),
  gold: z.string(),
  /** What the response was read to answer; null where its format holds none. */
  answer: z.string().nullable(),
  correct: z.boolean(),
  /** Why it is ungradable; absent of one that is right or wrong, and in files from before reasons were kept. */
  reason: z.enum(Object.keys(REASONS) as [Reason, ...Reason[]]).optional(),
  format: z.boolean(),
  /** Response tokens, end of sequence included. */
  tokens: z.int(),
  /** Of the digits that a visual trace should name: `[true digit, was it read right]`; empty for other kinds. */
  reads: z.array(z.tuple([z.int(), z.boolean()])),
});
export type GradedAnswer = z.infer<typeof gradedAnswerSchema>;

const tally = z.strictObject({ n: z.int(), correct: z.int() });
export const evaluationSummarySchema = z.strictObject({
  schema: z.literal('stagewright/evaluation@1'),
  key: sha256Schema,
  /** Stage key and sha256 of the weights that answered. */
  weights: sha256Schema,
  weights_sha256: sha256Schema,
  data: sha256Schema,
  n: z.int(),
  correct: z.int(),
  format: z.int(),
  /** Responses that hold no answer, or two: neither right nor wrong, 0 in every share. Absent in summaries from before it was counted. */
  ungradable: z.int().optional(),
  /** The same by reason. */
  by_reason: z.record(z.string(), z.int()).optional(),
  by_capability: z.record(z.string(), tally),
  by_kind: z.record(z.string(), tally.extend({ format: z.int(), tokens: z.int() })),
  /** Digits named in visual traces, by true digit: read right of n. Shows a base that is blind to one digit. */
  by_digit: z.record(z.string(), tally),
  /** Multiple-choice answers by gold letter. Shows a base that always answers "A". */
  by_letter: z.record(z.string(), tally),
  /** Wrong visual answers, and those of them in whose trace a digit was misread. */
  visual_errors: z.strictObject({ n: z.int(), misread: z.int() }),
});
export type EvaluationSummary = z.infer<typeof evaluationSummarySchema>;
