/** Python's JSON, text and random numbers as the published scripts print them. Vectors were printed by CPython 3.11. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable } from '../../core/data/id-table.js';
import { PythonRandom } from '../../core/data/mt19937.js';
import { publishedLetter } from '../../core/data/published-letter.js';
import { publishedQuestion } from '../../core/data/published-reply.js';
import { dumps } from '../../core/data/python-dumps.js';
import { JsonFault, loads } from '../../core/data/python-json.js';
import { lessThan, pythonSorted } from '../../core/data/python-sort.js';
import { str, strip } from '../../core/data/python-text.js';
import { equalityKey, type PyValue } from '../../core/data/python-value.js';
import { splitOf } from '../../core/data/question-row.js';
import { RowScan } from '../../core/data/row-scan.js';
import { hash } from 'node:crypto';

const again = (text: string): string => dumps(loads(text));

describe('json', () => {
  it.each([
    ['[1,2.0,1e3,1E-7,1e16,1e15]', '[1, 2.0, 1000.0, 1e-07, 1e+16, 1000000000000000.0]'],
    [
      '[-0, -0.0, 0.0001, 0.00001, 1e22, 123456789012345680.0]',
      '[0, -0.0, 0.0001, 1e-05, 1e+22, 1.2345678901234568e+17]',
    ],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['[NaN, Infinity, -Infinity, 1e400]', '[NaN, Infinity, -Infinity, Infinity]'],
    ['{"10":1,"9":2,"a":3,"10":4}', '{"10": 4, "9": 2, "a": 3}'],
    ['"\\u00e9\\/\\u001F\\n\\ud83d\\ude00\u007f\u2028"', '"é/\\u001f\\n😀\u007f\u2028"'],
    ['{"__proto__": {"constructor": null}}', '{"__proto__": {"constructor": null}}'],
    [' [ ] ', '[]'],
    ['5e-324', '5e-324'],
  ])('%s', (text, printed) => {
    expect(again(text)).toBe(printed);
  });

  it.each([
    ...[
      '',
      '{',
      '[1,]',
      '{"a":1,}',
      "{'a':1}",
      '01',
      '1.',
      '.5',
      '+1',
      '1e',
      'nan',
      'undefined',
      '"a\tb"',
      '"\\x41"',
      '"\\u12"',
    ],
    ...['"a', '[1] 2', '\ufeff{}', 'tru', '- 1', '\u00a01', `${'['.repeat(2000)}`, '9'.repeat(4301)],
  ])('refuses %j', (text) => {
    expect(() => loads(text)).toThrow(JsonFault);
  });

  it('equal values have equal keys, as in Python', () => {
    const key = (text: string): string | null => equalityKey(loads(text));
    expect(key('[1, {"a": true, "b": 0.0}]')).toBe(key('[1.0, {"b": false, "a": 1}]'));
    expect(key('1e30')).not.toBe(key('1000000000000000000000000000000'));
    expect(key('1000000000000000019884624838656')).toBe(key('1e30'));
    expect(key('"1"')).not.toBe(key('1'));
    expect(key('NaN')).toBeNull();
  });
});

const value: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<PyValue>(null, true, false, NaN, Infinity, -0, ''),
    fc.bigInt(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 3 }), tie('value')), { maxLength: 4 })
      .map((of) => new Map(of)),
  ),
})).value;

describe('the scan of bytes', () => {
  const scan = new RowScan();
  const says = (text: string | Uint8Array): boolean => {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    // Bytes behind the row are another row's.
    const padded = Buffer.concat([Buffer.from('"}'), bytes, Buffer.from('": 1}, "')]);
    return scan.scan(padded, 2, 2 + bytes.length);
  };

  it('takes every object that Python printed, and finds its keys', () => {
    fc.assert(
      fc.property(value, fc.string({ maxLength: 5 }), (of, text) => {
        const row = dumps(
          new Map<string, PyValue>([
            ['x', of],
            ['meta', new Map([['id', text]])],
          ]),
        );
        expect(says(row)).toBe(true);
        const id = scan.find(scan.find(-1, Buffer.from('meta')), Buffer.from('id'));
        const bytes = Buffer.from(`"}${row}`);
        expect(bytes.subarray(scan.start(id), scan.end(id)).toString()).toBe(dumps(text));
      }),
    );
  });

  it('takes nothing that Python would print otherwise, whatever is changed in it', () => {
    fc.assert(
      fc.property(
        value,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 2 }),
        (of, at, byte, how) => {
          const row = Buffer.from(dumps(new Map([['x', of]])));
          const place = at % row.length;
          const changed = Buffer.concat([
            row.subarray(0, place),
            how === 0 ? Buffer.alloc(0) : Buffer.from([byte]),
            row.subarray(place + (how === 2 ? 0 : 1)),
          ]);
          if (!says(changed)) return;
          const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(changed);
          expect(again(text)).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    '{"a": 1, "a": 2}',
    '{"a":1}',
    '{"a": 1.0e1}',
    '{"a": "\\u00e9"}',
    '{"a": "\\/"}',
    '{"a": -0}',
    '[1]',
    '{"a": 1} ',
    '{"a": 01}',
  ])('leaves %s to a full reading', (text) => {
    expect(says(text)).toBe(false);
  });

  it('refuses bytes that are no UTF-8', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe9]])
      expect(says(Buffer.concat([Buffer.from('{"a": "'), Buffer.from(bytes), Buffer.from('"}')]))).toBe(false);
  });
});

describe('text', () => {
  it('strip takes what Python takes for white space', () => {
    expect(strip('\u001c\u0085\u3000\u2028 a\ufeff \t')).toBe('a\ufeff');
  });

  it.each([
    ['[1, 2.0, null, true, "a", NaN]', "[1, 2.0, None, True, 'a', nan]"],
    ['{"k": "it\'s"}', "{'k': \"it's\"}"],
    ['["\\"\'", "\\u200b\\n\\u0000é\\ue000😀"]', "['\"\\'', '\\u200b\\n\\x00é\\ue000😀']"],
    ['"plain"', 'plain'],
    ['1e16', '1e+16'],
  ])('str(%s)', (json, printed) => {
    expect(str(loads(json))).toBe(printed);
  });

  it.each([
    ...[
      ['The answer is B.', 'B'],
      ['Answer: Blue', 'B'],
      ['I will answer based on the image. A', 'B'],
      ['A blue car', 'A'],
    ],
    ...[
      ['option_B', ''],
      ['B2', ''],
      ['答案是A。', ''],
      ['答案是 A。', 'A'],
      ['anſwer: c', 'C'],
      ['a\u0301', 'A'],
      ['', ''],
    ],
    ...[
      ['answer\u001c-\u0085d', 'D'],
      ['answer--d', 'D'],
      ['x b x', 'B'],
    ],
  ] as [string, string][])('letter of %j', (text, letter) => {
    expect(publishedLetter(text)).toBe(letter);
  });

  it('a reply: the first block that begins and ends with a brace; a bound on time', () => {
    expect(dumps(publishedQuestion('x ```json [1]``` ```json\u2003{"a":{"b":1}}\n``` ```json {} ```'))).toBe(
      '{"a": {"b": 1}}',
    );
    for (const reply of ['', '{"a":1}', '```json {"a":1}', '```json {"a":1``` }```', '``` json {}```'])
      expect(() => publishedQuestion(reply), reply).toThrow(JsonFault);
    expect(() => publishedQuestion('```json {'.repeat(300_000))).toThrow('does not end');
    expect(() => publishedQuestion(`\`\`\`json {${'} '.repeat(300_000)}`)).toThrow('does not end');
    expect(publishedLetter(`answer${' '.repeat(300_000)}:${' '.repeat(300_000)}!`)).toBe('');
  });
});

describe('random numbers and order', () => {
  it('the stream of seed 42', () => {
    const random = new PythonRandom(42);
    expect([random.word(), random.word(), random.word()]).toEqual([2746317213, 478163327, 107420369]);
  });

  const shuffled = (seed: bigint | number, count: number): number[] => {
    const items = Array.from({ length: count }, (_, i) => i);
    new PythonRandom(seed).shuffle(items);
    return items;
  };

  it('shuffles', () => {
    expect(shuffled(42, 10)).toEqual([7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
    expect(shuffled(42, 1000).slice(0, 4)).toEqual([776, 507, 895, 922]);
    expect(shuffled(-42, 10)).toEqual(shuffled(42, 10));
  });

  it('groups of one stream', () => {
    const random = new PythonRandom(42);
    const group = (text: string): string => {
      const items = [...text].map((char) => char.charCodeAt(0));
      random.shuffle(items);
      return String.fromCharCode(...items);
    };
    expect([group('abcde'), group('1'), group('vwxyz')]).toEqual(['dbcea', '1', 'yxvzw']);
  });

  it('numbers by value, texts by code points, and no order between them', () => {
    expect(pythonSorted([0.5, 10n ** 30n, true, -1], lessThan, true)).toEqual([10n ** 30n, true, 0.5, -1]);
    expect(pythonSorted(['\u{1f600}', '\uffee', 'a'], lessThan, false)).toEqual(['a', '\uffee', '\u{1f600}']);
    // Python 3.11: sorted([0.75, nan, 0.5, 1.0, 0.25])
    expect(pythonSorted([0.75, NaN, 0.5, 1, 0.25], lessThan, false)).toEqual([0.75, NaN, 0.25, 0.5, 1]);
    expect(() => pythonSorted([1, 'a'], lessThan, false)).toThrow('number');
  });

  it('splits by the hash of the id', () => {
    const split = (id: string): string => splitOf(hash('sha256', id, 'buffer').readUInt32BE(0), 0.05, 0.1);
    expect(['train_00000', 'train_00013', 'train_00044', 'é'].map(split)).toEqual(['train', 'test', 'val', 'train']);
  });

  it('numbers ids in the order in which they come', () => {
    const table = new IdTable();
    const ids = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`https://example.org/${i}.jpg`));
    expect(ids.every((id, i) => table.find(id, 0, id.length) === -1 && table.add(id, 0, id.length) === i)).toBe(true);
    expect(ids.every((id, i) => table.find(id, 0, id.length) === i && table.add(id, 0, id.length) === i)).toBe(true);
    expect(table.size).toBe(20_000);
  });
});
