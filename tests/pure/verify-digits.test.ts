/**
 * The digits task keeps its own grading by words (core/digits/grade.ts): its form is stricter, and its name and version are in stage
 * keys. Where it finds an answer, the verifier says the same of it: shown for the rows of all kinds and many answers to each.
 */
import { expect, test } from 'vitest';
import { DIGITS_KINDS, digitsDerivationSchema } from '../../core/digits/derivation.js';
import { digitsRows } from '../../core/digits/dataset.js';
import { gradeResponse } from '../../core/digits/grade.js';
import { END } from '../../core/digits/vocabulary.js';
import { goldAsAnswer } from '../../core/verify/gold-check.js';
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

test('the verifier agrees with the digits task wherever that finds an answer', () => {
  const { rows } = digitsRows(DERIVATION, IMAGES);
  let compared = 0;
  for (const row of rows) {
    const item = { gold: row.answer, choices: row.options };
    expect(verify(goldAsAnswer(item)).verdict, row.id).toBe('correct');
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
