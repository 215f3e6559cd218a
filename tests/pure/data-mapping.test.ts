/** Internal rows as trainers read them, and back. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fromEasyR1, fromFormatted, fromPublished, fromTrl, toEasyR1, toTrl } from '../../core/data/mapping.js';
import { loads } from '../../core/data/python-json.js';
import { TrainerSchema, type TrainerFormat } from '../../core/data/trainer-schema.js';
import { rowSchema, type Row } from '../../core/row.js';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
/** Any row: text with its marks anywhere, every optional part there or not. */
const anyRow: fc.Arbitrary<Row> = fc
  .record({
    id: text,
    capability: text,
    kind: text,
    pieces: fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 1, maxLength: 4 }),
    answer: text,
    options: some(fc.array(fc.string(), { maxLength: 4 })),
    caption: some(fc.string()),
    source: some(fc.string()),
    pass_rate: some(fc.double({ min: 0, max: 1, noNaN: true })),
    meta: some(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), {
        noNullPrototype: true,
      }),
    ),
  })
  .map(({ pieces, ...row }) => ({
    ...Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)),
    problem: pieces.join('<image>'),
    images: pieces.slice(1).map((_, i) => `images/${i}.png`),
  }))
  .filter((row) => rowSchema.safeParse(row).success)
  // As it comes from a file: -0 is 0, and keys that the schema does not take are gone.
  .map((row) => rowSchema.parse(JSON.parse(JSON.stringify(row))));

const throughFile = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('there and back', () => {
  it('an EasyR1 row', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        expect(fromEasyR1(throughFile(toEasyR1(row)))).toEqual(row);
      }),
    );
  });
  it('a TRL row', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        expect(fromTrl(throughFile(toTrl(row)))).toEqual(row);
      }),
    );
  });
  it('any rows together are a set that the loader reads, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(anyRow, { minLength: 1, maxLength: 6 }),
        fc.constantFrom<TrainerFormat>('easyr1', 'trl'),
        (rows, format) => {
          const schema = new TrainerSchema(format, 'train.jsonl');
          for (const [i, row] of rows.entries()) {
            const line = JSON.stringify(format === 'easyr1' ? toEasyR1(row) : toTrl(row));
            schema.row(loads(line), i + 1, line.length + 1);
          }
          // Dates are the text's own affair; a set of one row may happen to have one.
          expect(schema.finish().faults.filter(({ problem }) => !problem.includes('dates'))).toEqual([]);
        },
      ),
    );
  });
});

const row: Row = {
  id: 'r1',
  capability: 'perception',
  kind: 'caption_mcq',
  problem: '<image>Where?<image> And here?',
  images: ['a.png', 'b.png'],
  answer: 'C',
  pass_rate: 1,
};

it('what trainers see', () => {
  expect(toEasyR1(row)).toEqual({
    id: 'r1',
    problem: '<image>Where?<image> And here?',
    images: ['a.png', 'b.png'],
    answer: 'C',
    capability: 'perception',
    kind: 'caption_mcq',
    source: '',
    extra: '{"pass_rate":1}',
  });
  expect(toTrl(row).prompt).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image', text: '' },
        { type: 'text', text: 'Where?' },
        { type: 'image', text: '' },
        { type: 'text', text: ' And here?' },
      ],
    },
  ]);
});

describe('published rows', () => {
  const labels = { capability: 'perception', kind: 'caption_mcq' };
  it('of pass-rate files: their index is their name', () => {
    const published = {
      index: '7',
      problem: 'p',
      answer: 'B',
      images: [],
      source: 's0',
      predictions: ['B'],
      pass_rate: 0.5,
    };
    expect(fromPublished(published, labels)).toEqual({
      id: '7',
      ...labels,
      problem: 'p',
      answer: 'B',
      images: [],
      source: 's0',
      pass_rate: 0.5,
    });
  });
  it('of format_for_training: prompt and image_path become problem and images', () => {
    const formatted = {
      index: '0',
      answer: 'D',
      example_id: 'train_00002',
      split: 'train',
      image_path: ['train_00002.jpg'],
      option_A: 'a',
      option_B: 'b',
      option_C: 'c',
      option_D: 'd',
      prompt: '<image>Where?\n',
    };
    expect(fromFormatted(formatted, labels)).toEqual({
      id: 'train_00002',
      ...labels,
      problem: '<image>Where?\n',
      images: ['train_00002.jpg'],
      answer: 'D',
      options: ['a', 'b', 'c', 'd'],
      meta: { index: '0', split: 'train' },
    });
  });
  test.each<[string, () => unknown, string]>([
    [
      'a number as answer',
      () => fromPublished({ index: '1', problem: 'p', answer: 3, images: [] }, labels),
      '"answer": ',
    ],
    ['no name', () => fromPublished({ problem: 'p', answer: 'A', images: [] }, labels), 'neither "id" nor "index"'],
    ['null images', () => fromPublished({ index: '1', problem: 'p', answer: 'A', images: null }, labels), '"images": '],
    [
      'marks without images',
      () => fromPublished({ index: '1', problem: '<image>', answer: 'A' }, labels),
      'needs one for each',
    ],
    [
      'a path that climbs',
      () => fromPublished({ index: '1', problem: '<image>', answer: 'A', images: ['../a'] }, labels),
      'leaves',
    ],
    [
      'extra that is no JSON',
      () => fromEasyR1({ ...toEasyR1(row), extra: '{' }),
      'row r1: its column "extra" is no JSON',
    ],
    [
      'extra of another form',
      () => fromEasyR1({ ...toEasyR1(row), extra: '{"pass_rate": 7}' }),
      'row r1: "pass_rate": ',
    ],
    ['another column', () => fromTrl({ ...toTrl(row), more: 1 }), 'more'],
  ])('are refused with %s', (_, map, message) => {
    expect(map).toThrow(message);
  });
});
