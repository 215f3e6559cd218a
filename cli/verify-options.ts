/** The verifier's settings as options of a command: one option for each setting of core/verify/settings.ts. */
import { hint } from '../core/nearest-name.js';
import { verifySettingsSchema, type VerifySettings } from '../core/verify/settings.js';
import type { Options, OptionSpec } from './command-spec.js';
import { CommandError, EXIT } from './exit.js';

const POLICIES = ['unit', 'percent', 'hedge'] as const;

export const VERIFY_OPTIONS: readonly OptionSpec[] = [
  ['--rounding <n>', 'decimals to which two numbers agree if one is written as a decimal, 0 to 30 (default: 6)'],
  ['--unit <policy>', 'lenient (default), required (a missing unit is wrong) or ignore'],
  ['--percent <policy>', 'either (default), numeral (50% is 50) or value (50% is 0.5)'],
  ['--hedge <policy>', 'of two different answers: fail (default; neither counts) or last'],
  ['--loose', 'match variables by position; a set may equal a tuple'],
  ['--require-box', 'without a box there is no answer'],
];

/** What was asked for; undefined if nothing was. @throws CommandError */
export function verifySettingsOf(options: Options): VerifySettings | undefined {
  const asked: Record<string, unknown> = {};
  if (typeof options.rounding === 'string') {
    if (!/^\d{1,2}$/.test(options.rounding)) throw refused(`--rounding ${options.rounding}: a number from 0 to 30`);
    asked.rounding = Number(options.rounding);
  }
  for (const name of POLICIES) {
    const value = options[name];
    if (typeof value !== 'string') continue;
    const known: readonly string[] = verifySettingsSchema.shape[name].unwrap().options;
    if (!known.includes(value))
      throw refused(`--${name} ${value}: ${hint(value, known)} (${known.slice(0, -1).join(', ')} or ${known.at(-1)})`);
    asked[name] = value;
  }
  if (options.loose === true) asked.strict = false;
  if (options.requireBox === true) asked.requireBox = true;
  if (Object.keys(asked).length === 0) return undefined;
  const parsed = verifySettingsSchema.safeParse(asked);
  if (!parsed.success)
    throw refused(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '));
  return parsed.data;
}

const refused = (message: string): CommandError => new CommandError(message, EXIT.usage);
