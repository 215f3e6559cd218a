/**
 * Data sets that models help to make from other data sets: settings as a recipe gives them, derivations as keys hash them. They
 * are made shard by shard by the data workflow; sources that need no model are data-source.ts. How rows are judged is core/data/.
 */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';
import { samplingSchema } from './generation.js';
import { generatorIdentitySchema } from './generators.js';

/** Raised when the same inputs and answers would give other rows. One for each kind. */
export const DERIVED_VERSIONS = { synthesis: 1, filter: 1, difficulty: 1, overlap: 1 } as const;

const nameOfSet = z.string().min(1);
/** A gate, so no part of a key. */
const maxUnknown = z
  .number()
  .min(0)
  .max(1)
  .default(0.01)
  .describe('Most rows, as a share, without a usable answer; above it the run waits and asks.');

const synthesis = {
  repair: z.int().min(0).max(3).default(1).describe('Rounds that tell the model what was wrong with its reply.'),
  capability: z.string().min(1).default('perception'),
  kind: z.string().min(1).default('caption_mcq'),
};
const filter = {
  mode: z
    .enum(['strict', 'paper'])
    .default('strict')
    .describe(
      '`paper`: as published, a missing image-only answer counts as wrong. `strict`: it is unknown and its row is dropped.',
    ),
};
const difficulty = {
  samples: z.int().min(1).max(256).default(16).describe('Samples a question: K.'),
  saturated: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .default(1)
    .describe('Rows with at least this pass rate are dropped; null keeps them.'),
  hopeless: z
    .number()
    .min(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe('Rows with at most this pass rate are dropped; null keeps them.'),
};
const overlap = {
  drop: z.boolean().default(true).describe('Without it, overlaps are only listed.'),
};

const seed = z.int().min(0);
const greedy = samplingSchema.prefault({});
const sampled = samplingSchema.prefault({ temperature: 0.7, top_p: 0.9, max_tokens: 1024 });

export const derivedSettings = [
  z.strictObject({
    generator: z.literal('synthesis').describe('Questions about the captions of another set.'),
    captions: nameOfSet,
    by: z.string().min(1).describe('Generator that writes them.'),
    sampling: greedy,
    seed: seed.optional(),
    max_unknown: maxUnknown,
    ...synthesis,
  }),
  z.strictObject({
    generator: z.literal('filter').describe('Questions that the caption answers and the image alone does not.'),
    of: nameOfSet,
    image_only: z.array(z.string().min(1)).min(1).describe('Generators that see the image only; all must be wrong.'),
    caption_only: z
      .array(z.string().min(1))
      .min(1)
      .describe('Generators that read the caption only; all must be right.'),
    sampling: greedy,
    seed: seed.optional(),
    max_unknown: maxUnknown,
    ...filter,
  }),
  z.strictObject({
    generator: z.literal('difficulty').describe('The rows of another set with the pass rate of K samples.'),
    of: nameOfSet,
    by: z.string().min(1),
    sampling: sampled,
    seed: seed.optional(),
    max_unknown: maxUnknown,
    ...difficulty,
  }),
  z.strictObject({
    generator: z.literal('overlap').describe('The rows of another set that no benchmark holds.'),
    of: nameOfSet,
    benchmarks: z.array(nameOfSet).min(1),
    ...overlap,
  }),
] as const;

const verifier = z.strictObject({ name: z.string(), version: z.int() });
/** Keys of data sets stand for their rows. */
export const derivedDerivations = [
  z.strictObject({
    generator: z.literal('synthesis'),
    version: z.literal(DERIVED_VERSIONS.synthesis),
    captions: sha256Schema,
    by: generatorIdentitySchema,
    prompt_sha256: sha256Schema,
    sampling: samplingSchema,
    seed,
    ...synthesis,
  }),
  z.strictObject({
    generator: z.literal('filter'),
    version: z.literal(DERIVED_VERSIONS.filter),
    of: sha256Schema,
    image_only: z.array(generatorIdentitySchema).min(1),
    caption_only: z.array(generatorIdentitySchema).min(1),
    prompt_sha256: sha256Schema,
    sampling: samplingSchema,
    seed,
    ...filter,
  }),
  z.strictObject({
    generator: z.literal('difficulty'),
    version: z.literal(DERIVED_VERSIONS.difficulty),
    of: sha256Schema,
    by: generatorIdentitySchema,
    prompt_sha256: sha256Schema,
    verifier,
    sampling: samplingSchema,
    seed,
    ...difficulty,
  }),
  z.strictObject({
    generator: z.literal('overlap'),
    version: z.literal(DERIVED_VERSIONS.overlap),
    of: sha256Schema,
    benchmarks: z.array(sha256Schema).min(1),
    ...overlap,
  }),
] as const;
