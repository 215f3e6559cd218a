/**
 * What a digits data set is made from: everything that changes its bytes, so that its derivationKey is the set's key.
 * Splits own disjoint pools of digit images for a given seed, whatever the other settings are (pools.ts).
 */
import { z } from 'zod';
import { sha256Schema } from '../checkpoint.js';

/** Raised when the same settings would give other rows or other pictures. */
export const DIGITS_GENERATOR_VERSION = 1;

export const DIGITS_KINDS = [
  'at',
  'largest',
  'smallest',
  'caption_at',
  'caption_largest',
  'caption_smallest',
  'text_sum',
  'visual_sum',
  'describe',
] as const;
export const digitsKindSchema = z.enum(DIGITS_KINDS);
export type DigitsKind = z.infer<typeof digitsKindSchema>;

/** The capability that rows of a kind carry. `caption_*`: the question with the caption in the prompt and no image. */
export const CAPABILITY_OF: Readonly<Record<DigitsKind, string>> = {
  at: 'perception',
  largest: 'perception',
  smallest: 'perception',
  caption_at: 'caption_reading',
  caption_largest: 'caption_reading',
  caption_smallest: 'caption_reading',
  text_sum: 'textual_reasoning',
  visual_sum: 'visual_reasoning',
  describe: 'captioning',
};

export const splitSchema = z.enum(['base', 'rl', 'heldout']);
export type Split = z.infer<typeof splitSchema>;

export const digitsDerivationSchema = z.strictObject({
  generator: z.literal('digits'),
  version: z.literal(DIGITS_GENERATOR_VERSION),
  digits_sha256: sha256Schema.describe('Of data/digits.csv.gz.'),
  split: splitSchema,
  seed: z
    .int()
    .min(0)
    .describe(
      'Splits the digit images into pools and draws scenes and questions. Sets of different seeds may share images.',
    ),
  count: z.int().min(1).max(1_000_000).describe('Rows in all. They are distinct unless `distinct` limits a kind.'),
  scenes: z
    .int()
    .min(1)
    .optional()
    .describe('Distinct scenes that the rows share; without it every row has a scene of its own.'),
  /** Kind -> weight; row counts are the shares of `count`, rounded by largest remainder. */
  mix: z
    .partialRecord(digitsKindSchema, z.number().positive())
    .refine((mix) => Object.keys(mix).length > 0, 'needs at least one kind of question'),
  distinct: z
    .partialRecord(digitsKindSchema, z.int().min(1))
    .optional()
    .describe(
      'Kind -> most distinct questions of it; they repeat, under new ids, until the kind has its share of rows.',
    ),
  images: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Distinct digit images drawn from the split's pool (default: all of it). The base pool holds at most 100, balanced by digit.",
    ),
  label_noise: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      "Share of a scene's digits that a row mislabels at random: a careless annotator. Text sums have nothing to label.",
    ),
  camera_noise: z
    .number()
    .min(0)
    .max(0.1)
    .default(0.1)
    .describe(
      "Standard deviation of the camera's pixel noise, in units of the grey range of a digit. Above 0.1 it would be clipped.",
    ),
});
export type DigitsDerivation = z.infer<typeof digitsDerivationSchema>;
