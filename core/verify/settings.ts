/** Settings of the verifier and their defaults. A recipe or a command names only what it wants otherwise. */
import { z } from 'zod';

export const verifySettingsSchema = z.strictObject({
  /** Decimals to which two numbers agree if one of them is written as a decimal; below 0.001, significant digits. */
  rounding: z.int().min(0).max(30).default(6),
  /** Off: variables are matched by position, and a set may equal a tuple. */
  strict: z.boolean().default(true),
  /** lenient: a missing unit passes, a conflict fails. required: a missing one fails too. ignore: units are not compared. */
  unit: z.enum(['lenient', 'required', 'ignore']).default('lenient'),
  /** either: the same numeral, or the scaled value where % is written. */
  percent: z.enum(['either', 'numeral', 'value']).default('either'),
  /** fail: two different answers are none. last: the last one counts. */
  hedge: z.enum(['fail', 'last']).default('fail'),
  /** On: without a box there is no answer. */
  requireBox: z.boolean().default(false),
});
export type VerifySettings = Readonly<z.infer<typeof verifySettingsSchema>>;

export const DEFAULT_SETTINGS: VerifySettings = {
  rounding: 6,
  strict: true,
  unit: 'lenient',
  percent: 'either',
  hedge: 'fail',
  requireBox: false,
};
