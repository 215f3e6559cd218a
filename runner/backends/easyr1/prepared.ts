/** What prepare.ts found on the host for an attempt: RenderInput.prepared of this backend. Shapes, no behaviour. */
import { z } from 'zod';
import { EASYR1_VERSIONS } from './version-names.js';

export const preparedSchema = z.strictObject({
  schema: z.literal('stagewright/easyr1-prepared@1'),
  version: z.enum(EASYR1_VERSIONS),
  /** The checkout: working directory of its commands. */
  home: z.string(),
  /** Weights that training starts from, also those of the KL reference. */
  model_path: z.string(),
  /** Rows in EasyR1's form, in the run's folder; in training order where `ordered`. */
  train_file: z.string(),
  rows: z.int().min(1),
  /** The file holds the rows of all steps one after another: it is read once, without shuffling. */
  ordered: z.boolean(),
  val_file: z.string(),
  image_dir: z.string().nullable(),
  config: z.string().nullable(),
  format_prompt: z.string().nullable(),
  /** `file.py:function`. */
  reward_function: z.string(),
  /** Whether that is our shim, which asks `stagewright grade`. */
  own_reward: z.boolean(),
});
export type Prepared = z.infer<typeof preparedSchema>;
