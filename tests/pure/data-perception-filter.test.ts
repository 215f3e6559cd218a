/** The perception filter's rules: what is asked, which letter an answer names, what becomes of a row. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  describeJudgement,
  filterRequest,
  judge,
  letterOf,
  predictionOf,
  type FilterRow,
  type Prediction,
} from '../../core/data/perception-filter.js';
import { encodePrompt } from '../../core/digits/encode.js';
import { samplingSchema, type GenerationRequest } from '../../core/generation.js';
import type { GeneratorIdentity } from '../../core/generators.js';

const sha = (letter: string): string => letter.repeat(64);
const endpoint: GeneratorIdentity = { kind: 'endpoint', model: 'm', revision: 'r' };
const onnx: GeneratorIdentity = { kind: 'onnx', weights: sha('a'), model_sha256: sha('b') };
const sampling = samplingSchema.parse({});

const prose: FilterRow = {
  id: 'p',
  kind: 'caption_mcq',
  problem: '<image>Where is the cup?\nOptions:\nA: left',
  images: ['a.png'],
  answer: 'B',
  options: ['left', 'right', 'under', 'over'],
  caption: 'A cup at the right.',
};
const words: FilterRow = {
  id: 'w',
  kind: 'at',
  problem: '<image> at top-right A 3 B 7 C 1 D 9',
  images: ['w.png'],
  answer: 'B',
  options: ['3', '7', '1', '9'],
  caption: 'top-left 3 top-right 7 bottom-left 1 bottom-right 9',
};

const contentOf = (request: GenerationRequest): string[] =>
  request.messages.flatMap(({ content }) =>
    content.map((part) => (part.type === 'text' ? part.text : `[${part.sha256[0] ?? ''}]`)),
  );
const asked = (row: FilterRow, sees: 'image' | 'caption', identity: GeneratorIdentity): string[] =>
  contentOf(filterRequest(row, [sha('f')], { sees, identity, sampling, seed: 1 }));

describe('what a model is asked', () => {
  it('with the image: the prompt, the picture at its mark', () => {
    expect(asked(prose, 'image', endpoint)).toEqual([
      'Look at the image and answer the question. Reply with the letter of the right option only.\n\n',
      '[f]',
      'Where is the cup?\nOptions:\nA: left',
    ]);
  });
  it('with the caption: no picture and no mark', () => {
    expect(asked(prose, 'caption', endpoint)).toEqual([
      'The image is described by this caption: A cup at the right.\n\nAnswer the question from the caption. Reply with the letter of the right option only.\n\nWhere is the cup?\nOptions:\nA: left',
    ]);
  });
  it('a caption with a mark or a template in it is text', () => {
    const [text] = asked({ ...prose, caption: 'An <image> of {{ x }}' }, 'caption', endpoint);
    expect(text).toContain('this caption: An  of {{ x }}');
  });
  it('the embedded model: words that it knows, caption before the question, behind a server too', () => {
    for (const identity of [onnx, endpoint]) {
      expect(asked(words, 'image', identity)).toEqual(['[f]', ' at top-right A 3 B 7 C 1 D 9']);
      const [text = '', ...more] = asked(words, 'caption', identity);
      expect([text, more]).toEqual([`${words.caption ?? ''} at top-right A 3 B 7 C 1 D 9`, []]);
      expect(() => encodePrompt(text, 'test')).not.toThrow();
    }
  });
  it('is refused without what it is about', () => {
    const { caption: _, ...bare } = prose;
    expect(() => asked(bare, 'caption', endpoint)).toThrow('row p has no caption');
    expect(() => asked({ ...prose, caption: ' ' }, 'caption', endpoint)).toThrow('row p has no caption');
    expect(() =>
      filterRequest({ ...prose, images: [] }, [], { sees: 'image', identity: endpoint, sampling, seed: 1 }),
    ).toThrow('row p has no image');
    expect(() => filterRequest(prose, [], { sees: 'image', identity: endpoint, sampling, seed: 1 })).toThrow(
      '1 <image> for 0 images',
    );
  });
});

describe('the letter of an answer', () => {
  test.each<[string, string | null]>([
    ['B', 'B'],
    ['b', 'B'],
    ['(C)', 'C'],
    ['A. left', 'A'],
    ['The answer is D.', 'D'],
    ['Answer: B', 'B'],
    ['<think> top-right 7 B </think> \\boxed{ B }', 'B'],
    ['<think>A? No, the lamp is there. C.</think>\\boxed{C}', 'C'],
    ['right', 'B'],
    ['under', 'C'],
    // What the published pattern takes for letters.
    ['Answer: Blue', null],
    ['A blue car', null],
    ['I will answer based on the image.', null],
    // None of the four, or two of them.
    ['E', null],
    ['A or B', null],
    ['\\boxed{A} or \\boxed{B}', null],
    ['', null],
    ['I cannot see it.', null],
  ])('%s', (text, letter) => {
    expect(letterOf(text, prose)).toBe(letter);
  });

  it('of options that are digits is the letter, not the place of the digit', () => {
    expect(letterOf('7', words)).toBe('B');
    expect(letterOf('\\boxed{ D }', words)).toBe('D');
  });
});

const answer = (text: string) =>
  ({ kind: 'answer', answer: { text, finish_reason: 'stop', prompt_tokens: 1, completion_tokens: 1 } }) as const;
it('an outcome is a letter or unknown', () => {
  expect(predictionOf('m', 'image', answer('C'), prose)).toEqual({ model: 'm', sees: 'image', letter: 'C' });
  expect(predictionOf('m', 'image', answer('well'), prose)).toEqual({
    model: 'm',
    sees: 'image',
    unknown: 'unparseable',
  });
  expect(predictionOf('m', 'image', answer(' '), prose)).toEqual({ model: 'm', sees: 'image', unknown: 'empty' });
  expect(predictionOf('m', 'caption', { kind: 'unknown', reason: 'timeout', message: '' }, prose)).toEqual({
    model: 'm',
    sees: 'caption',
    unknown: 'timeout',
  });
});

type Said = string | { unknown: 'absent' | 'unparseable' | 'timeout' };
const said = (sees: 'image' | 'caption', ...all: Said[]): Prediction[] =>
  all.map((one, i) => ({ model: `${sees[0] ?? ''}${i}`, sees, ...(typeof one === 'string' ? { letter: one } : one) }));
const absent = { unknown: 'absent' } as const;
const unparseable = { unknown: 'unparseable' } as const;
const timeout = { unknown: 'timeout' } as const;

describe('the judgement of a row whose answer is B', () => {
  // Image-only answers, caption-only answers, strict, paper.
  test.each<[Said[], Said[], string, string]>([
    [['A', 'C'], ['B', 'B'], 'kept', 'kept'],
    [['A', 'B'], ['B', 'B'], 'dropped: seen_by i1', 'dropped: seen_by i1'],
    [['A', 'C'], ['B', 'D'], 'dropped: not_answered_from_caption c1', 'dropped: not_answered_from_caption c1'],
    [
      ['B', 'B'],
      ['A'],
      'dropped: seen_by i0, seen_by i1, not_answered_from_caption c0',
      'dropped: seen_by i0, seen_by i1, not_answered_from_caption c0',
    ],
    [['A', absent], ['B'], 'unknown: absent i1', 'kept'],
    [['A', timeout], ['B'], 'unknown: timeout i1', 'kept'],
    [['A', unparseable], ['B'], 'unknown: unparseable i1', 'dropped: no_letter_from_image i1'],
    [['A'], [absent], 'unknown: absent c0', 'dropped: no_letter_from_caption c0'],
    [['A'], [unparseable], 'unknown: unparseable c0', 'dropped: no_letter_from_caption c0'],
    [['B', absent], ['B'], 'unknown: absent i1', 'dropped: seen_by i0'],
  ])('image %j, caption %j', (image, caption, strict, paper) => {
    const all = [...said('image', ...image), ...said('caption', ...caption)];
    const inShort = (mode: 'strict' | 'paper'): string => {
      const judged = judge('B', all, mode);
      if (judged.verdict === 'kept') return 'kept';
      return `${judged.verdict}: ${judged.reasons.map(({ reason, model }) => `${reason} ${model}`).join(', ')}`;
    };
    expect([inShort('strict'), inShort('paper')]).toEqual([strict, paper]);
  });

  it('is the published rule in mode paper', () => {
    const one = fc.constantFrom<Said>('A', 'B', unparseable, absent);
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 3 }),
        fc.array(one, { minLength: 1, maxLength: 3 }),
        (image, caption) => {
          const published = (file: Said[], pass: (letter: string | undefined) => boolean): boolean =>
            file.map((x) => (x === absent ? undefined : typeof x === 'string' ? x : '')).every(pass);
          const kept = published(image, (x) => x !== '' && x !== 'B') && published(caption, (x) => x === 'B');
          const all = [...said('image', ...image), ...said('caption', ...caption)];
          expect(judge('B', all, 'paper').verdict === 'kept').toBe(kept);
          // Strict keeps no row that the paper would not, and none with a hole.
          const strict = judge('B', all, 'strict').verdict;
          expect(strict === 'kept').toBe(kept && all.every((x) => 'letter' in x));
        },
      ),
    );
  });

  it('can be told in words', () => {
    expect(describeJudgement(judge('B', said('image', 'B'), 'strict'))).toBe('the image alone is enough for i0');
    expect(describeJudgement(judge('B', said('image', absent, timeout), 'strict'))).toBe(
      'i0 from the image: its predictions have no such row; i1 from the image: no answer in time, several times',
    );
    expect(describeJudgement(judge('B', said('image', 'A'), 'strict'))).toBe('kept');
  });
});
