/** The verifiers by name, and the reward that is built on them. A user's own are in the worker's registry, not here. */
import { DIGITS_VERIFIER } from '../digits/grade.js';
import { digits } from '../digits/verifier.js';
import { verify, withDefaults } from './verify.js';
import { ungradable, VERIFIER_VERSION, type Found, type Item, type Result } from './contract.js';
import { findAnswer } from './extract.js';
import { StagewrightError } from '../failures.js';
import { hint } from '../nearest-name.js';
import type { VerifySettings } from './settings.js';
import { cleaned, folded, unwrapped } from './text.js';

export type Verifier = (item: Item, settings?: Partial<VerifySettings>) => Result;

export type VerifierName = 'math' | 'mcq' | 'exact' | 'format' | 'reward' | 'digits';
export const VERIFIERS: Readonly<Record<VerifierName, Verifier>> = {
  math: verify,
  mcq: (item, settings) => verify({ ...item, kind: 'letter' }, settings),
  exact,
  format: (item) => ({ verdict: hasForm(item.pred) ? 'correct' : 'wrong', rule: 'form' }),
  reward,
  digits,
};

/** What enters keys with the name. */
export const VERIFIER_VERSIONS: Readonly<Record<VerifierName, number>> = {
  math: VERIFIER_VERSION,
  mcq: VERIFIER_VERSION,
  exact: VERIFIER_VERSION,
  format: VERIFIER_VERSION,
  reward: VERIFIER_VERSION,
  digits: DIGITS_VERIFIER.version,
};

export function isVerifierName(name: string): name is VerifierName {
  return Object.hasOwn(VERIFIERS, name);
}

/** @param more names that are registered besides. @throws StagewrightError UnknownName */
export function verifierNamed(name: string, more: readonly string[] = []): Verifier {
  if (isVerifierName(name)) return VERIFIERS[name];
  const known = [...Object.keys(VERIFIERS), ...more];
  throw new StagewrightError('UnknownName', `verifier "${name}" is not known; ${hint(name, known)}`, { name });
}

/** The extracted answer must be the same string, words folded and spacing left out. */
function exact(item: Item, settings?: Partial<VerifySettings>): Result {
  const full = withDefaults(settings ?? {});
  const answer = findAnswer(item.pred, full.requireBox);
  const found: Found = answer?.found ?? 'none';
  const parts = answer === undefined ? [] : cleaned(answer);
  if (parts.length === 0) return ungradable('no-answer', found);
  const bare = (text: string): string => folded(text).replace(/\s/g, '');
  const gold = bare(unwrapped(item.gold));
  if (gold === '') return ungradable('no-gold', found);
  const said = new Set(parts.map(bare));
  if (said.size > 1 && full.hedge === 'fail') return ungradable('two-answers', found);
  return { verdict: bare(parts.at(-1) ?? '') === gold ? 'correct' : 'wrong', rule: found };
}

/** EasyR1's rule: starts with <think>, closes it, and holds a box after that. */
export function hasForm(response: string): boolean {
  const text = response.trimStart();
  if (!text.startsWith('<think>')) return false;
  const close = text.indexOf('</think>');
  const box = close < 0 ? -1 : text.indexOf('\\boxed{', close);
  return box >= 0 && text.includes('}', box);
}

/** Share of the reward that the form earns. */
export const FORMAT_WEIGHT = 0.1;

function reward(item: Item, settings?: Partial<VerifySettings>): Result {
  const graded = verify(item, settings);
  const accuracy = graded.verdict === 'correct' ? 1 : 0;
  const value = (1 - FORMAT_WEIGHT) * accuracy + FORMAT_WEIGHT * Number(hasForm(item.pred));
  return { ...graded, reward: Math.round(value * 1e6) / 1e6 };
}
