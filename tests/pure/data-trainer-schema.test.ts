/** Sets that a trainer's loader would break on: each trap with its line, key and what to do. */
import { describe, expect, it, test } from 'vitest';
import { loads } from '../../core/data/python-json.js';
import {
  LOADER_CHUNK,
  requireLoadable,
  TrainerSchema,
  type SchemaReport,
  type TrainerFormat,
} from '../../core/data/trainer-schema.js';

const base = { problem: '<image>p', answer: 'A', images: ['a.png'] };
type Line = object | string;
interface Given {
  readonly format?: TrainerFormat;
  readonly file?: string;
  /** Bytes that each line is said to have: many make the first rows a chunk. */
  readonly bytes?: number;
}
function check(
  lines: readonly Line[],
  { format = 'easyr1', file = 'train.jsonl', bytes = 100 }: Given = {},
): SchemaReport {
  const schema = new TrainerSchema(format, file);
  for (const [i, line] of lines.entries())
    schema.row(loads(typeof line === 'string' ? line : JSON.stringify(line)), i + 1, bytes);
  return schema.finish();
}
const inShort = (report: SchemaReport): string[] =>
  report.faults.map(({ line, key, problem }) => `${line} ${key}: ${problem}`);
const chunk = { bytes: LOADER_CHUNK };
const turn = (...content: object[]): object => ({
  prompt: [{ role: 'user', content }],
  answer: 'A',
  images: ['a.png'],
});

describe('a set without a fault', () => {
  test.each<[string, Line[], Given?]>([
    ['rows with pictures', [base, base]],
    ['rows without, their lists empty', [base, { ...base, problem: 'p', images: [] }]],
    [
      'text only, without the column',
      [
        { problem: 'p', answer: 'A' },
        { problem: 'q', answer: 'B' },
      ],
    ],
    ['empty lists first, in one chunk', [{ ...base, problem: 'p', images: [] }, base]],
    [
      'integers and others in one chunk',
      [
        { ...base, pass_rate: 1 },
        { ...base, pass_rate: 0.5 },
      ],
    ],
    [
      'others, then integers',
      [
        { ...base, pass_rate: 0.5 },
        { ...base, pass_rate: 1 },
      ],
      chunk,
    ],
    [
      '1.0 first',
      ['{"problem":"p","answer":"A","pass_rate":1.0}', '{"problem":"p","answer":"A","pass_rate":0.5}'],
      chunk,
    ],
    [
      'a value, then null',
      [
        { ...base, note: 'x' },
        { ...base, note: null },
      ],
      chunk,
    ],
    ['keys in another order', [base, { images: ['a.png'], answer: 'A', problem: '<image>p' }]],
    ['dates among others', [{ ...base, answer: '2024-01-01' }, base]],
    ['a conversation', [turn({ type: 'image', text: '' }, { type: 'text', text: 'x' })], { format: 'trl' }],
  ])('%s', (_, lines, given) => {
    const report = check(lines, given);
    expect(inShort(report)).toEqual([]);
    expect(() => requireLoadable(report)).not.toThrow();
    expect(report.rows).toBe(lines.length);
  });
});

describe('what breaks a loader', () => {
  test.each<[string, Line[], string[], Given?]>([
    [
      'an integer among answers',
      [base, { ...base, answer: 3 }],
      ['2 answer: it is an integer here and a string from line 1 on', '2 answer: it is no string'],
    ],
    [
      'a text in place of the list',
      [base, { ...base, images: 'a.png' }],
      ['2 images: it is a string here and a list of a string from line 1 on', '2 images: it is no list'],
    ],
    ['null images', [base, { ...base, images: null }], ['2 images: it is null']],
    [
      'null images first',
      [{ ...base, images: null }, base],
      [
        '1 images: it is null',
        '2 images: a list of a string, after null only in the first 10 MiB, which settle its type',
      ],
      chunk,
    ],
    [
      'a list that mixes types',
      [{ ...base, images: ['a.png', 3] }],
      ['1 images[]: it is an integer here and a string in the same row', '1 images: a path is no text, or empty'],
    ],
    [
      'images missing later',
      [base, { problem: 'p', answer: 'A' }],
      ['2 images: it is missing here, and line 1 has it'],
    ],
    [
      'images absent, marks there',
      [{ problem: '<image>p', answer: 'A' }],
      ['1 images: the column is absent, and "problem" has 1 <image>'],
    ],
    [
      'images from the second row on',
      [{ problem: 'p', answer: 'A' }, base],
      ['2 images: rows before this one lack it'],
    ],
    ['a column missing later', [{ ...base, source: 'x' }, base], ['2 source: it is missing here, and line 1 has it']],
    ['fewer marks', [{ ...base, problem: 'p' }], ['1 images: it lists 1 and "problem" has 0 <image>']],
    ['more marks', [{ ...base, problem: '<image><image>' }], ['1 images: it lists 1 and "problem" has 2 <image>']],
    ['an empty path', [{ ...base, images: [''] }], ['1 images: a path is no text, or empty']],
    ['no answer', [{ problem: 'p' }], ['1 answer: it is missing']],
    ['an empty problem', [{ problem: '', answer: 'A' }], ['1 problem: it is empty']],
    ['a list as a row', ['[1]'], ['1 row: it is no object']],
    ['no rows', [], ['0 file: it has no rows']],
    [
      '@ in the path',
      [base],
      ['0 file: its path holds "@", where loaders split off the name of a split'],
      { file: '/data/me@host/train.jsonl' },
    ],
    [
      'a whole chunk of empty lists',
      [{ ...base, problem: 'p', images: [] }, base],
      ['2 images[]: lists of a string, after empty lists only in the first 10 MiB, which settle its type'],
      chunk,
    ],
    [
      'a whole chunk of integers',
      [
        { ...base, pass_rate: 1 },
        { ...base, pass_rate: 0.5 },
      ],
      ['2 pass_rate: a number, after integers only in the first 10 MiB, which settle its type'],
      chunk,
    ],
    [
      'a whole chunk of nulls',
      [
        { ...base, note: null },
        { ...base, note: 'x' },
      ],
      ['2 note: a string, after null only in the first 10 MiB, which settle its type'],
      chunk,
    ],
    [
      'objects with other keys',
      [
        { ...base, m: { a: 1 } },
        { ...base, m: { b: 1 } },
      ],
      ['2 m.a: it is nothing here and an integer from line 1 on'],
    ],
    [
      'objects with other types',
      [
        { ...base, m: { a: { b: 1 } } },
        { ...base, m: { a: { b: 'x' } } },
      ],
      ['2 m.a.b: it is a string here and an integer from line 1 on'],
    ],
    [
      'true among numbers',
      [
        { ...base, m: 1 },
        { ...base, m: true },
      ],
      ['2 m: it is true or false here and an integer from line 1 on'],
    ],
    [
      'answers that are all dates',
      [
        { ...base, answer: '2024-01-01' },
        { ...base, answer: '2024-01-02 10:00:00' },
      ],
      ['1 answer: all its first values read as dates, and loaders make dates of them'],
    ],
    [
      'a conversation that is a text',
      [{ prompt: 'p', answer: 'A', images: [] }],
      ['1 prompt: it is no conversation'],
      { format: 'trl' },
    ],
    [
      'fewer image parts',
      [turn({ type: 'text', text: 'x' })],
      ['1 images: it lists 1 and "prompt" has 0 parts of type image'],
      { format: 'trl' },
    ],
    [
      'parts of other keys',
      [turn({ type: 'image' }, { type: 'text', text: 'x' })],
      ['1 prompt[].content[].text: it is a string here and nothing in the same row'],
      { format: 'trl' },
    ],
  ])('%s', (_, lines, faults, given) => {
    const report = check(lines, given);
    expect(inShort(report)).toEqual(faults);
    expect(() => requireLoadable(report)).toThrow("the trainer's loader would break on this set");
  });
});

it('a fault says where and what to do; the same of more rows is counted', () => {
  const report = check([base, ...Array.from({ length: 3 }, () => ({ problem: 'p', answer: 'A' }))], {
    file: 'd/train.jsonl',
  });
  expect(() => requireLoadable(report)).toThrow(
    'd/train.jsonl:2: "images": it is missing here, and line 1 has it (3 rows); give every row the same keys: rows without pictures have "images": []',
  );
});

it('no memory is kept of rows', () => {
  const schema = new TrainerSchema('easyr1', 'train.jsonl');
  for (let i = 1; i <= 20_000; i++)
    schema.row(loads(JSON.stringify({ ...base, answer: i, [`k${i % 2}`]: null })), i, 100);
  expect(schema.finish().faults.length).toBeLessThan(10);
});
