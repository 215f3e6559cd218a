/**
 * The verifier `digits` compares words (core/digits/grade.ts): its form is stricter, and its name and version are in stage keys.
 * However it is asked, by a plan or by its name, it says what the comparison says, so no reward is another; and where it finds an
 * answer, `math` says the same of it. Shown for the rows of all kinds and many answers to each.
 */
import { expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.js';
import { DIGITS_KINDS, digitsDerivationSchema } from '../../core/digits/derivation.js';
import { digitsRows } from '../../core/digits/dataset.js';
import { DIGITS_VERIFIER, gradeResponse, rewardOf } from '../../core/digits/grade.js';
import { END } from '../../core/digits/vocabulary.js';
import { goldAsAnswer } from '../../core/verify/gold-check.js';
import { itemOf, rowGrader } from '../../core/verify/row-grader.js';
import { VERIFIERS, VERIFIER_VERSIONS } from '../../core/verify/verifiers.js';
import { verify } from '../../core/verify/verify.js';
import type { DigitImages } from '../../core/digits/scene.js';

const ANSWERS = ['A', 'B', 'C', 'D', ...Array.from({ length: 40 }, (_, i) => String(i)), 'top-left', '+', 'sum'];

const LABELS = Array.from({ length: 1797 }, (_, i) => (i * 7) % 10);
const IMAGES: DigitImages = { labels: LABELS, pixels: LABELS.map(() => new Uint8Array(64)) };
const DERIVATION = digitsDerivationSchema.parse({
  generator: 'digits',
  version: 1,
  digits_sha256: '0'.repeat(64),
  split: 'rl',
  seed: 6,
  count: 800,
  mix: Object.fromEntries(DIGITS_KINDS.map((kind) => [kind, 1])),
});

test('the verifier math agrees with the digits task wherever that finds an answer', () => {
  const { rows } = digitsRows(DERIVATION, IMAGES);
  let compared = 0;
  for (const row of rows) {
    const item = { gold: row.answer, choices: row.options };
    expect(verify(goldAsAnswer(item)).verdict, row.id).toBe('correct');
    expect(VERIFIERS.digits(goldAsAnswer(item, 'digits')).verdict, row.id).toBe('correct');
    if (row.kind === 'describe') continue;
    for (const answer of [...ANSWERS, row.answer]) {
      const words = ['<think>', 'top-left', '7', '</think>', '\\boxed{', answer, '}', END];
      const { correct, format } = gradeResponse(row, words);
      const said = verify({ gold: row.answer, pred: words.slice(0, -1).join(' ') });
      expect(format).toBe(true);
      expect(said.verdict === 'correct', `${row.id}: ${answer} for ${row.answer}`).toBe(correct);
      compared++;
    }
    // Without the form there is no answer, and no reward, in either.
    const open = ['<think>', 'top-left', '7', '\\boxed{', row.answer, '}', END];
    expect(gradeResponse(row, open).correct).toBe(false);
    expect(verify({ gold: row.answer, pred: open.slice(0, -1).join(' ') }).reason).toBe('no-answer');
  }
  expect(compared).toBeGreaterThan(10_000);
});

const named = rowGrader(DIGITS_VERIFIER);
const math = rowGrader({ name: 'math', version: VERIFIER_VERSIONS.math });
/** Responses with the form, without an end, without a trace, with two answers, of marks only, and captions. */
const responses = (answer: string): string[][] =>
  [
    `<think> top-left 7 </think> \\boxed{ ${answer} } ${END}`,
    `<think> top-left 7 </think> \\boxed{ ${answer} }`,
    `<think> </think> \\boxed{ ${answer} } ${END}`,
    `<think> 7 </think> \\boxed{ ${answer} ${answer} } ${END}`,
    `\\boxed{ ${answer} } ${END} <think>`,
    `${answer} ${END} ${answer}`,
    `top-left 1 top-right 2 bottom-left 3 bottom-right ${answer} ${END}`,
  ].map((text) => text.split(' '));

test('the verifier that a plan names digits, and the one of that name, say what the comparison of words says', () => {
  const { rows } = digitsRows(DERIVATION, IMAGES);
  const seen = { correct: 0, wrong: 0, ungradable: 0 };
  const some = rows.filter((_, i) => i % 4 === 0);
  for (const row of some)
    for (const words of [...ANSWERS, row.answer].flatMap(responses).concat([[...row.answer.split(' '), END]])) {
      const { correct, format, answer, trace } = gradeResponse(row, words);
      const grade = named(row, words);
      const { verdict, reason } = grade.result;
      const reward = (right: boolean, form: boolean): number => rewardOf({ correct: right, format: form }, 0.1);
      const same =
        grade.format === format &&
        grade.answer === answer &&
        grade.trace.join(' ') === trace.join(' ') &&
        verdict === (format ? (correct ? 'correct' : 'wrong') : 'ungradable') &&
        reason === (format ? undefined : 'no-answer') &&
        reward(verdict === 'correct', grade.format) === reward(correct, format) &&
        canonicalJson(VERIFIERS.digits(itemOf(row, words.join(' ')))) === canonicalJson(grade.result);
      // One expectation for each pair would take most of the time.
      if (!same) expect(`${row.answer}: ${words.join(' ')}`).toBe('graded the same both ways');
      seen[verdict]++;
    }
  expect(Object.values(seen).reduce((a, b) => a + b)).toBeGreaterThan(10_000);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(300);
}, 60_000);

test('the verifier math grades the words up to the end, and says what it read', () => {
  const row = { kind: 'sum', answer: '7' };
  const words = (text: string): string[] => text.split(' ');
  const right = math(row, words('<think> 3 4 </think> \\boxed{ 7 } <eos> 8'));
  expect(right).toMatchObject({ result: { verdict: 'correct', rule: 'box' }, format: true, answer: '7' });
  const two = math(row, words('<think> 3 4 </think> \\boxed{ 7 } , \\boxed{ 8 } <eos>'));
  expect(two).toMatchObject({ result: { verdict: 'ungradable', reason: 'two-answers' }, answer: '7, 8' });
  const none = math(row, words('<think> 3 4 <eos>'));
  expect(none).toMatchObject({ result: { verdict: 'ungradable', reason: 'no-answer' }, format: false, answer: null });
});

test('a plan with a verifier of another version, or one that is none, is refused', () => {
  expect(() => rowGrader({ name: 'math', version: 99 })).toThrow(
    `the plan names verifier math 99; this installation has math ${VERIFIER_VERSIONS.math}`,
  );
  expect(() => rowGrader({ name: 'digit', version: 1 })).toThrow('did you mean "digits"?');
});
