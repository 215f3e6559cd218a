/**
 * Every rule of the verifier is needed: without it a case fails, of the open cases or of the witnesses below. A rule that nothing
 * needs is deleted. `STAGEWRIGHT_RULES=1 npm run test:pure -- verify-rules` prints which cases each rule carries.
 */
import { expect, test } from 'vitest';
import type { Verdict } from '../../core/verify/contract.js';
import { type RuleId, RULES, withoutRule } from '../../core/verify/rules.js';
import { failing, OPEN_CASES, type Case } from '../support/verifier-cases.js';

/** Of rules that no open case needs: gold, response, verdict. */
const WITNESSES: readonly (readonly [
  rule: RuleId,
  gold: string,
  pred: string,
  verdict: Verdict,
  choices?: string[],
])[] = [
  ['about', '2.5', 'approximately 2.5', 'correct'],
  ['all-reals', '\\mathbb{R}', '\\boxed{\\text{all real numbers}}', 'correct'],
  ['asides', '5', 'The answer is 5, not 3.', 'correct'],
  ['leading-option', 'C', 'C. The line is steeper', 'correct'],
  ['letter-times', '7.2 x 10^4', '\\boxed{72000}', 'correct'],
  ['membership-test', '(-2,2)', '\\boxed{x^2 < 4}', 'correct'],
  ['modular', '(x+1)^9 + 10^{-60}', '\\boxed{(x+1)^9}', 'wrong'],
  ['one-name', 'x = 1 \\text{ or } x = -2', '\\boxed{-2, 1}', 'correct'],
  ['open-tuple', '(1,2)', '\\boxed{1, 2}', 'correct'],
  ['option-text-behind', 'B', '\\boxed{B. 60^\\circ}', 'ungradable', ['30°', '45°', '60°', '90°']],
  ['same-tokens', '\\iint_D f', '\\boxed{\\iint _D  f}', 'correct'],
  ['same-tree', '\\frac{x}{n-n}', '\\boxed{{\\frac{x}{(n-n)}}}', 'correct'],
  ['scaled-inequality', 'x + y < 3', '\\boxed{2x + 2y < 6}', 'correct'],
  ['set-builder', '(3,\\infty)', '\\boxed{\\{x \\mid x > 3\\}}', 'correct'],
  ['sixty-digits', '\\sqrt{10^{20}+1}', '\\boxed{10^{10}}', 'wrong'],
  ['tight-lists', '100, 200, 300', '\\boxed{100,200,300}', 'correct'],
  ['unbraced-box', '5', 'First 3, so \\boxed 5 and not 7 or 9.', 'correct'],
  ['vectors', '\\begin{pmatrix} 3 \\\\ -1 \\end{pmatrix}', '\\boxed{(3, -1)}', 'correct'],
  ['word-lists', '\\text{red, blue}', '\\boxed{\\text{blue and red}}', 'correct'],
];

const witnesses = WITNESSES.map(([rule, gold, pred, verdict, choices]): Case => {
  return { id: `witness of ${rule}`, gold, pred, expect: verdict, ...(choices === undefined ? {} : { choices }) };
});

test('the witnesses hold with all rules', () => {
  expect(failing(witnesses)).toEqual([]);
});

test('without any one rule a case fails', () => {
  const all = [...OPEN_CASES, ...witnesses];
  const carried = (Object.keys(RULES) as RuleId[]).map((id) => [id, withoutRule(id, () => failing(all))] as const);
  if (process.env.STAGEWRIGHT_RULES === '1')
    for (const [id, cases] of carried) console.log(`${id}: ${cases.length} (${cases.slice(0, 3).join(', ')})`);
  expect(carried.filter(([, cases]) => cases.length === 0).map(([id]) => id)).toEqual([]);
  // Every witness is needed by its own rule.
  const own = (id: RuleId): readonly string[] => carried.find(([rule]) => rule === id)?.[1] ?? [];
  expect(WITNESSES.filter(([rule]) => !own(rule).includes(`witness of ${rule}`)).map(([rule]) => rule)).toEqual([]);
}, 120_000);
