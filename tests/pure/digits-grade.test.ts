/** The verifier on hand-made responses, and the reading of traces. */
import { describe, expect, it } from 'vitest';
import { gradeResponse, readDigits, readsOf, rewardOf } from '../../core/digits/grade.js';

const mcq = { kind: 'at', answer: 'B' };
const grade = (text: string, row = mcq) => gradeResponse(row, text.split(' '));

describe('gradeResponse', () => {
  it('accepts the asked form', () => {
    expect(grade('<think> top-left 7 B </think> \\boxed{ B } <eos>')).toEqual({
      format: true,
      correct: true,
      answer: 'B',
      trace: ['top-left', '7', 'B'],
      found: 'box',
    });
  });
  it('tells a wrong answer from a wrong form', () => {
    expect(grade('<think> top-left 7 C </think> \\boxed{ C } <eos>')).toMatchObject({
      format: true,
      correct: false,
      answer: 'C',
    });
  });
  it.each([
    ['it never ended', '<think> 7 </think> \\boxed{ B }'],
    ['nothing at all', '<eos>'],
    ['an empty trace', '<think> </think> \\boxed{ B } <eos>'],
    ['no thinking', '\\boxed{ B } <eos>'],
    ['two answers', '<think> 7 </think> \\boxed{ B C } <eos>'],
    ['an empty box', '<think> 7 7 </think> \\boxed{ } <eos>'],
    ['two boxes', '<think> 7 \\boxed{ B } </think> \\boxed{ B } <eos>'],
    ['a mark as the answer', '<think> 7 7 </think> \\boxed{ <think> } <eos>'],
    ['words after the box', '<think> 7 </think> \\boxed{ B } B <eos>'],
    ['padding in the trace', '<think> <pad> </think> \\boxed{ B } <eos>'],
    ['thinking that is not closed', '<think> 7 7 7 \\boxed{ B } <eos>'],
  ])('no form, no answer: %s', (_, text) => {
    expect(grade(text)).toMatchObject({ format: false, correct: false, answer: null });
  });
  it('ignores what follows the first end', () => {
    expect(grade('<think> 7 </think> \\boxed{ B } <eos> 3 <think>')).toMatchObject({ correct: true });
  });
  it('grades captions by their own form', () => {
    const row = { kind: 'describe', answer: 'top-left 1 top-right 2 bottom-left 3 bottom-right 4' };
    expect(grade(`${row.answer} <eos>`, row)).toMatchObject({ format: true, correct: true });
    expect(grade('top-left 1 top-right 2 bottom-left 3 bottom-right 5 <eos>', row)).toMatchObject({
      format: true,
      correct: false,
    });
    expect(grade('top-left 1 top-right 2 bottom-right 4 bottom-left 3 <eos>', row)).toMatchObject({ format: false });
    expect(grade('top-left 1 top-right 2 bottom-left 3 bottom-right 14 <eos>', row)).toMatchObject({ format: false });
  });
  it('rewards 0.9 for the answer and 0.1 for the form', () => {
    expect(rewardOf({ correct: true, format: true }, 0.1)).toBeCloseTo(1);
    expect(rewardOf({ correct: false, format: true }, 0.1)).toBeCloseTo(0.1);
    expect(rewardOf({ correct: false, format: false }, 0.1)).toBe(0);
  });
});

describe('reading traces', () => {
  const row = {
    kind: 'visual_sum',
    problem: '<image> sum bottom-left top-left top-right bottom-right',
    meta: { digits: [7, 3, 2, 6] },
  };
  const trace = 'bottom-left 2 top-left 1 3 top-right 3 6 bottom-right 6 12'.split(' ');
  it('takes the first digit named for a place, never a running total', () => {
    expect(readDigits(trace)).toEqual({ 'bottom-left': 2, 'top-left': 1, 'top-right': 3, 'bottom-right': 6 });
    expect(readDigits(['top-left', '12', 'top-left', '3', 'top-left', '4'])).toEqual({ 'top-left': 3 });
  });
  it('says in the order of the question which digits were read right', () => {
    expect(readsOf(row, trace)).toEqual([
      [2, true],
      [7, false],
      [3, true],
      [6, true],
    ]);
    expect(readsOf(row, [])).toEqual([2, 7, 3, 6].map((digit) => [digit, false]));
    expect(readsOf({ ...row, kind: 'at' }, trace)).toEqual([]);
  });
});
