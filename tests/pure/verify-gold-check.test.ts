/** The gold check of a data set: golds that no answer can match are refused before training, with their reasons. */
import { expect, test } from 'vitest';
import { checkGolds, checkGoldsFor } from '../../core/verify/check-golds.js';
import { StagewrightError } from '../../core/failures.js';
import type { Row } from '../../core/row.js';

const row = (id: string, answer: string, options?: string[]): { row: Row } => ({
  row: { id, capability: 'perception', kind: 'at', problem: 'what?', images: [], answer, ...(options && { options }) },
});

test('golds that answer themselves pass', () => {
  expect(
    checkGolds('good', [row('1', '\\frac{1}{2}'), row('2', 'B', ['1', '2']), row('3', 'blue'), row('4', '7')]),
  ).toBe(4);
});

test('a verifier that a recipe names refuses what it cannot ask for', () => {
  const rows = [row('1', 'B', ['1', '2']), row('sum', '7')];
  expect(() => checkGoldsFor('sums', rows, 'mcq')).toThrow(
    'data set sums: the verifier mcq refuses the gold of 1 of 2 rows:\nsum: "7": the gold answer cannot be read',
  );
  expect(() => checkGoldsFor('words', [...rows, row('two', '3 4')], 'digits')).toThrow(
    'refuses the gold of 1 of 3 rows',
  );
  for (const name of ['math', 'exact', 'digits']) expect(() => checkGoldsFor('sums', rows, name)).not.toThrow();
});

test('the others are named with why, all in one error', () => {
  const rows = [row('1', '7'), row('blank', '   '), row('long', '7'.repeat(20_000)), row('empty', '\\text{}')];
  let error: unknown;
  try {
    checkGolds('bad', rows);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(StagewrightError);
  const { type, message } = error as StagewrightError;
  expect(type).toBe('DataInvalid');
  expect(message).toContain('data set bad: the verifier math refuses the gold of 2 of 4 rows');
  expect(message).toContain('blank: "   ": the gold answer cannot be read');
  expect(message).toContain('empty: ');
  expect(message).not.toContain('1: "7"');
});
