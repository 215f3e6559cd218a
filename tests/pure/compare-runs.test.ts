/** Two runs compared: refused when the questions differ, no difference made of noise, a real one claimed; in words as well. */
import { describe, expect, it } from 'vitest';
import { comparisonText } from '../../cli/compare/text.js';
import { differences } from '../../core/compare/differences.js';
import { pairAnswers } from '../../core/compare/paired-answers.js';
import { generatorFor, unit } from '../../core/digits/random.js';
import type { GradedAnswer } from '../../core/evaluation.js';
import type { Row } from '../../core/row.js';

const row = (i: number, image: number): Row => ({
  id: `q${i}`,
  capability: i % 2 === 0 ? 'perception' : 'visual_reasoning',
  kind: 'at',
  problem: `<image>question ${i}`,
  images: [`images/${image}.png`],
  answer: '1',
});
const answer = ({ id, capability, kind }: Row, correct: boolean): GradedAnswer => ({
  ...{ id, capability, kind, correct, response: '1', gold: '1', answer: '1', format: true, tokens: 3, reads: [] },
});
const ROWS = Array.from({ length: 400 }, (_, i) => row(i, Math.floor(i / 4)));

/** Right with chance `p`, by a seed of its own. */
function answers(seed: number, p: number): GradedAnswer[] {
  const random = generatorFor('compare', seed);
  return ROWS.map((of) => answer(of, unit(random) < p));
}

describe('the same questions only', () => {
  const a = answers(1, 0.5);
  it('an answer that is missing, strange or there twice is refused', () => {
    expect(() => pairAnswers(ROWS, a, a.slice(1), 'heldout')).toThrow('1 unanswered, e.g. q0');
    expect(() => pairAnswers(ROWS.slice(1), a, a, 'heldout')).toThrow('of no row, e.g. q0');
    expect(() => pairAnswers(ROWS, a, [...a, ...a.slice(0, 2)], 'heldout')).toThrow(
      'run B answered 2 questions more than once',
    );
  });

  it('a question that stands twice in the set is told, and counts as one cluster', () => {
    const [first] = ROWS;
    if (first === undefined) throw new Error('no row');
    const twice = { ...first, id: 'again' };
    const both = [...a, answer(twice, true)];
    const { pairs, duplicates } = pairAnswers([...ROWS, twice], both, both, 'heldout');
    expect(duplicates).toEqual(['again']);
    expect(pairs.at(-1)?.cluster).toBe(pairs[0]?.cluster);
  });
});

it('a fake improvement made of noise is no difference, and says what this data would show', () => {
  const { pairs } = pairAnswers(ROWS, answers(1, 0.5), answers(2, 0.5), 'heldout');
  const found = differences(pairs);
  expect(found.map(({ label }) => label)).toEqual(['all', 'perception', 'visual_reasoning']);
  for (const { verdict, detectable, comparison } of found) {
    expect(verdict).toBe('no difference');
    expect(detectable).toBeGreaterThan(0.02);
    expect(comparison).toMatchObject({ method: 'paired-clustered' });
  }
});

it('a real difference is claimed, in both directions', () => {
  const [low, high] = [answers(3, 0.4), answers(4, 0.7)];
  const better = differences(pairAnswers(ROWS, low, high, 'heldout').pairs);
  const worse = differences(pairAnswers(ROWS, high, low, 'heldout').pairs);
  expect(better.map(({ verdict }) => verdict)).toEqual(['better', 'better', 'better']);
  expect(worse[0]).toMatchObject({ verdict: 'worse', gained: better[0]?.lost, lost: better[0]?.gained });
});

it('the table says figures, interval, p and verdict; too little data gets none', () => {
  const { pairs } = pairAnswers(ROWS, answers(1, 0.5), answers(2, 0.5), 'heldout');
  const set = {
    name: 'heldout',
    key: 'k',
    items: pairs.length,
    clusters: 100,
    duplicates: ['q9'],
    differences: [...differences(pairs), ...differences(pairs.slice(0, 8))],
    lost: [],
    gained: pairs.slice(0, 3),
  };
  const text = comparisonText({
    a: 'staged',
    b: 'merged',
    settings: [{ stage: 'visual', setting: 'training.steps', a: 60, b: 90 }],
    sets: [set],
    left_out: ['other: only A was evaluated on it'],
  });
  expect(text).toMatch(/visual\s+training\.steps\s+60\s+90/u);
  expect(text).toMatch(/all\s+400 .*points would be seen 8 times of 10/u);
  expect(text).toContain('no interval: 8 items; a comparison needs 20');
  expect(text).toContain('1 questions of the set stand in it more than once, e.g. q9');
  expect(text).toContain('not compared: other: only A was evaluated on it');
});
