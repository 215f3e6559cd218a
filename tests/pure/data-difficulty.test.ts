/** Pass rates: K samples with a seed each, graded by the product's verifier; what is dropped; the order of ties. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  byTieOrder,
  difficultyRequests,
  difficultyVerdict,
  gradeSample,
  gradeText,
  gradedSampleSchema,
  passRate,
  tieOrder,
  type AskedRow,
} from '../../core/data/difficulty.js';
import { gradedBy } from '../../core/data/graded-by.js';
import { samplingSchema } from '../../core/generation.js';
import type { GeneratorIdentity } from '../../core/generators.js';
import { byPassRate } from '../../core/order.js';

const sha = (letter: string): string => letter.repeat(64);
const endpoint: GeneratorIdentity = { kind: 'endpoint', model: 'm', revision: 'r' };
const onnx: GeneratorIdentity = { kind: 'onnx', weights: sha('a'), model_sha256: sha('b') };
const sampling = samplingSchema.parse({ temperature: 0.7 });
const prose: AskedRow = {
  id: 'p',
  kind: 'geometry',
  problem: '<image>How long is AB?',
  images: ['a.png'],
  answer: '5 cm',
};
const words: AskedRow = {
  id: 'w',
  kind: 'at',
  problem: '<image> at top-right A 3 B 7 C 1 D 9',
  images: ['w.png'],
  answer: 'B',
  options: ['3', '7', '1', '9'],
};
const ask = (row: AskedRow, by: GeneratorIdentity, samples = 4, seed = 1) =>
  difficultyRequests(row, [sha('f')], { by, sampling, seed, samples });

describe('K questions', () => {
  it('differ in their sample number and seed only', () => {
    const all = ask(prose, endpoint);
    expect(all.map(({ sample }) => sample)).toEqual([0, 1, 2, 3]);
    expect(new Set(all.map(({ seed }) => seed)).size).toBe(4);
    expect(new Set(all.map(({ messages }) => JSON.stringify(messages))).size).toBe(1);
    for (const { seed } of all) expect(seed >= 0 && seed < 2 ** 31 && Number.isInteger(seed)).toBe(true);
  });
  it('are a prefix of more questions, and the same for the same content', () => {
    expect(ask(prose, endpoint, 2)).toEqual(ask(prose, endpoint, 8).slice(0, 2));
    expect(ask({ ...prose, id: 'other' }, endpoint)).toEqual(ask(prose, endpoint));
  });
  it('of another seed or another row draw other numbers', () => {
    const seeds = [ask(prose, endpoint), ask(prose, endpoint, 4, 2), ask(words, endpoint)].flatMap((all) =>
      all.map(({ seed }) => seed),
    );
    expect(new Set(seeds).size).toBe(12);
  });
  it('ask for thinking and a box, the embedded model in words', () => {
    expect(ask(prose, endpoint)[0]?.messages[0]?.content).toEqual([
      { type: 'image', sha256: sha('f') },
      { type: 'text', text: expect.stringMatching(/^How long is AB\?\n\nYou FIRST think .*\\boxed\{\}\.$/s) as string },
    ]);
    expect(ask(words, onnx)[0]?.messages[0]?.content[1]).toEqual({
      type: 'text',
      text: ' at top-right A 3 B 7 C 1 D 9',
    });
  });
});

describe('grades', () => {
  test.each<[string, AskedRow, string, string, boolean | null, string | null]>([
    ['a value written otherwise', prose, 'math', '<think>x</think> \\boxed{5.0 cm}', true, '5.0 cm'],
    ['a wrong value', prose, 'math', '\\boxed{6 cm}', false, '6 cm'],
    ['two answers', prose, 'math', '\\boxed{5 cm} or \\boxed{6 cm}', false, '5 cm, 6 cm'],
    ['no answer', prose, 'math', 'I do not know it at all, sorry.', false, null],
    ['an option by letter', words, 'math', '<think> B </think> \\boxed{ B }', true, 'B'],
    ['an option by text', words, 'math', '\\boxed{7}', true, '7'],
    ['the form of the embedded model', words, 'digits', '<think> top-right 7 B </think> \\boxed{ B }', true, 'B'],
    ['the same with its end', words, 'digits', '<think> top-right 7 B </think> \\boxed{ B } <eos>', true, 'B'],
    ['without thinking', words, 'digits', '\\boxed{ B }', false, null],
    ['another letter', words, 'digits', '<think> top-right 7 B </think> \\boxed{ C }', false, 'C'],
    ['nothing, of the embedded model', words, 'digits', '', false, null],
    ['nothing, of a server', prose, 'math', ' ', null, null],
    ['a gold that nobody can give', { ...prose, answer: '' }, 'math', '\\boxed{5}', null, null],
  ])('%s', (_, row, verifier, text, correct, prediction) => {
    expect(gradeText(row, verifier, text)).toMatchObject({ correct, prediction });
  });

  it('are of a name that is known', () => {
    expect(() => gradeText(prose, 'maths', 'x')).toThrow(/verifier "maths" is not known.*math/s);
  });

  it('keep the sample, and what has none is unknown with its reason', () => {
    const answered = { text: '\\boxed{5 cm}', finish_reason: 'stop', prompt_tokens: 3, completion_tokens: 4 } as const;
    const graded = gradeSample(prose, 'math', 2, { kind: 'answer', answer: answered });
    expect(graded).toEqual({ sample: 2, correct: true, prediction: '5 cm', text: '\\boxed{5 cm}' });
    const unknown = gradeSample(prose, 'math', 3, { kind: 'unknown', reason: 'timeout', message: 'm' });
    expect(unknown).toEqual({ sample: 3, correct: null, prediction: null, text: '', unknown: 'timeout' });
    for (const one of [graded, unknown]) expect(gradedSampleSchema.parse(one)).toEqual(one);
  });

  it('in words of a response that was cut off are wrong: it has no form', () => {
    const text = '<think> top-right 7 B </think> \\boxed{ B }';
    const cut = {
      kind: 'answer',
      answer: { text, finish_reason: 'length', prompt_tokens: 1, completion_tokens: 9 },
    } as const;
    expect(gradeSample(words, 'digits', 0, cut)).toMatchObject({ correct: false, text });
  });

  it('are by the form for the embedded model, by value for others', () => {
    expect([gradedBy(onnx).name, gradedBy(endpoint).name]).toEqual(['digits', 'math']);
  });
});

describe('the pass rate', () => {
  const samples = (...all: (boolean | null)[]) => all.map((correct) => ({ correct }));
  it('is over K samples', () => {
    expect(passRate(samples(true, false, true, true), 4)).toBe(0.75);
    expect(passRate(samples(false), 1)).toBe(0);
  });
  it('is none with an unknown or a missing sample', () => {
    expect(passRate(samples(true, null), 2)).toBeNull();
    expect(passRate(samples(true), 2)).toBeNull();
  });
  test.each<[number | null, number | null, number | null, string]>([
    [null, 1, null, 'unknown'],
    [1, 1, null, 'saturated'],
    [0.9375, 1, null, 'kept'],
    [0.9, 0.9, null, 'saturated'],
    [1, null, null, 'kept'],
    [0, 1, null, 'kept'],
    [0, 1, 0, 'hopeless'],
    [0.0625, 1, 0, 'kept'],
    [0.0625, 1, 0.0625, 'hopeless'],
  ])('%s with limits %s and %s is %s', (rate, saturated, hopeless, verdict) => {
    expect(difficultyVerdict(rate, { saturated, hopeless })).toBe(verdict);
  });
});

describe('ties', () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: `r${i}`, passRate: (i % 3) / 4 }));
  it('come in an order that the seed draws, whatever order they had', () => {
    const one = byTieOrder(rows, 1);
    expect(byTieOrder(rows.toReversed(), 1)).toEqual(one);
    expect(byTieOrder(rows, 2)).not.toEqual(one);
    expect(one).not.toEqual(rows);
    expect(one.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());
  });
  it('keep it within a pass rate when a stage orders them', () => {
    const ordered = byPassRate(byTieOrder(rows, 1), 'easy_to_hard');
    for (const rate of [0.5, 0.25, 0]) {
      const tied = ordered.filter(({ passRate: own }) => own === rate);
      expect(tied).toEqual(byTieOrder(tied, 1));
    }
  });
  it('are numbers of 53 bits', () => {
    fc.assert(fc.property(fc.nat(), fc.string(), (seed, id) => Number.isSafeInteger(tieOrder(seed, id))));
    expect(new Set(rows.map(({ id }) => tieOrder(7, id))).size).toBe(rows.length);
  });
});
