/**
 * What a derived data set keeps beside its rows, one schema a file. All of it follows from the set's key and the models' answers:
 * the same answers give the same bytes. What depends on how it was made (cost, answers from the cache) is work.json alone.
 *
 * - `data.json`: written last; counts and digests.
 * - `funnel.json`: what came in, what became of it and why, which models were asked.
 * - `evidence.jsonl`: of each row of rows.jsonl, in its order, what the models said.
 * - `refused.jsonl`: rows and replies that were kept aside, each with its reason, in the order of the input.
 */
import { z } from 'zod';
import { sha256Schema } from '../checkpoint.js';
import { dataDerivationSchema } from '../data-source.js';
import { unknownReasonSchema } from '../generation.js';
import { generatorIdentitySchema } from '../generators.js';
import { rowSchema } from '../row.js';

export const DATA_FILE = 'data.json';
export const FUNNEL_FILE = 'funnel.json';
export const EVIDENCE_FILE = 'evidence.jsonl';
export const REFUSED_FILE = 'refused.jsonl';
export const WORK_FILE = 'work.json';

const count = z.int().min(0);

/** `data.json` of every set; what is optional is of derived ones. */
export const dataRecordSchema = z.strictObject({
  rows: count,
  rows_sha256: sha256Schema,
  refused: count.optional(),
  funnel_sha256: sha256Schema.optional(),
  evidence_sha256: sha256Schema.optional(),
  refused_sha256: sha256Schema.optional(),
});
export type DataRecord = z.infer<typeof dataRecordSchema>;

/**
 * What became of a row of the input. `dropped`: the rule decided so; `unknown`: no usable answer, so nobody can tell; `refused`: the
 * row, or every reply about it, is unusable.
 */
export const OUTCOMES = ['kept', 'dropped', 'unknown', 'refused'] as const;
export const rowOutcomeSchema = z.enum(OUTCOMES);
export type RowOutcome = z.infer<typeof rowOutcomeSchema>;

/** One reply of a model, or that there was none. */
export const evidenceAnswerSchema = z.strictObject({
  /** `synthesis` and each `repair` of it, the two sides of a filter, `sample` of a difficulty. */
  asked: z.enum(['synthesis', 'repair', 'image', 'caption', 'sample']),
  /** Of `models` in the funnel. */
  model: count,
  text: z.string().nullable(),
  /** What was read in it; null for text that is no answer to a question, '' where no letter or answer was found. */
  answer: z.string().nullable(),
  /** Null where nobody can tell. */
  correct: z.boolean().nullable(),
  unknown: unknownReasonSchema.nullable(),
});
export type EvidenceAnswer = z.infer<typeof evidenceAnswerSchema>;

export const evidenceSchema = z.strictObject({ id: z.string(), answers: z.array(evidenceAnswerSchema) });
export type Evidence = z.infer<typeof evidenceSchema>;

export const refusedSchema = z.strictObject({
  id: z.string(),
  outcome: rowOutcomeSchema.exclude(['kept']),
  /** Short, the same for all rows of that fate: what the funnel counts by. */
  reason: z.string().min(1),
  /** In words, of this row. */
  detail: z.string(),
  /** As the input has it, its pictures in the input's folder; null for a line of a file that is no row (`id` says which). */
  row: rowSchema.nullable(),
  answers: z.array(evidenceAnswerSchema),
});
export type Refused = z.infer<typeof refusedSchema>;

/** Over all that a model was asked for the set, journaled answers included. */
export const modelTallySchema = z.strictObject({
  identity: generatorIdentitySchema,
  /** What it was asked for: `synthesis`, `image`, `caption`, `sample`. */
  asked: z.array(z.string()),
  questions: count,
  answers: count,
  /** Cut off at max_tokens. */
  cut: count,
  unknown: z.partialRecord(unknownReasonSchema, count),
  prompt_tokens: count,
  completion_tokens: count,
});
export type ModelTally = z.infer<typeof modelTallySchema>;

export const funnelSchema = z.strictObject({
  schema: z.literal('stagewright/funnel@1'),
  key: sha256Schema,
  /** Settings, prompt hashes, models and revisions. */
  derivation: dataDerivationSchema,
  /** In the order of core/data-source.ts inputsOf. */
  inputs: z.array(z.strictObject({ key: sha256Schema, generator: z.string(), rows: count, rows_sha256: sha256Schema })),
  models: z.array(modelTallySchema),
  rows: z.strictObject({ in: count, kept: count, dropped: count, unknown: count, refused: count }),
  /** Most frequent first, then by name. */
  reasons: z.array(z.strictObject({ outcome: rowOutcomeSchema.exclude(['kept']), reason: z.string(), rows: count })),
  /** Of the rows that came in. */
  unknown_share: z.number().min(0).max(1),
  /** Right answers of the kept rows that have options, by letter. */
  letters: z.record(z.string(), count),
  /** Of all rows that were scored, kept or not: how many had 0, 1, ... `samples` right. */
  pass_rates: z.strictObject({ samples: z.int().min(1), rows: z.array(count) }).nullable(),
});
export type Funnel = z.infer<typeof funnelSchema>;

/** `work.json`: how this copy of the set came to be. Another run of the same key has other figures. */
export const workRecordSchema = z.strictObject({
  schema: z.literal('stagewright/data-work@1'),
  /** As the recipe that made it calls the set. */
  name: z.string(),
  max_unknown: z.number().nullable(),
  /** Sent to models; the other answers were in the journal. */
  requests: count,
  reused: count,
  prompt_tokens: count,
  completion_tokens: count,
  /** In the currency of the worker's prices; null where it has none. */
  cost: z.number().min(0).nullable(),
  made_at: z.iso.datetime(),
});
export type WorkRecord = z.infer<typeof workRecordSchema>;
