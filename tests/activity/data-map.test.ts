/** `data map`: sets of rows as one file that a trainer can load, in an order that lasts over its epochs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { map } from '../../cli/commands/data/map.js';
import { fromEasyR1, fromTrl } from '../../core/data/mapping.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-map-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  rmSync(join(folder, 'out.jsonl'), { force: true });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  return () => {
    vi.restoreAllMocks();
  };
});

const at = (name: string): string => join(folder, name);
const file = (name: string, rows: readonly (object | string)[]): string => {
  writeFileSync(at(name), rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return at(name);
};
const lines = (): Record<string, unknown>[] =>
  readFileSync(at('out.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const run = (input: string[], more: Record<string, string> = {}) =>
  map([], { input, to: 'easyr1', out: at('out.jsonl'), order: 'file', epochs: '1', ...more });
const row = (id: string, pass_rate: number, images: string[] = ['a.png']) => ({
  id,
  capability: 'perception',
  kind: 'k',
  problem: `${'<image>'.repeat(images.length)}${id}?`,
  images,
  answer: 'A',
  pass_rate,
});

describe('data map', () => {
  const sets = () => [
    file('p.jsonl', [row('p0', 0.25), row('p1', 1), row('p2', 0.5)]),
    file('t.jsonl', [row('t0', 0.5, []), row('t1', 1, [])]),
  ];

  it('writes rows that map back to what they were', async () => {
    const rows = [
      row('p0', 0.25),
      { ...row('p1', 1, []), options: ['x', 'y'], caption: 'c', source: 's', meta: { a: [null] } },
    ];
    for (const [to, back] of [
      ['easyr1', fromEasyR1],
      ['trl', fromTrl],
    ] as const) {
      expect(await run([file('rows.jsonl', rows)], { to })).toBe(0);
      expect(lines().map((line) => back(line))).toEqual(rows);
    }
  });

  it('orders each set, all its epochs before the next set, whole batches', async () => {
    await run(sets(), { order: 'easy_to_hard', epochs: '2', wholeBatchesOf: '4' });
    expect(lines().map(({ id }) => id)).toEqual([
      ...['p1-again2', 'p2-again2'],
      ...['p1', 'p1-again1', 'p2', 'p2-again1', 'p0', 'p0-again1'],
      ...['t1', 't1-again1', 't0', 't0-again1'],
    ]);
    await run(sets());
    expect(lines().map(({ id }) => id)).toEqual(['p0', 'p1', 'p2', 't0', 't1']);
  });

  it('takes published rows with the labels that they lack', async () => {
    const formatted = {
      ...{ index: '0', answer: 'B', example_id: 'train_1', split: 'train', image_path: ['x.jpg'] },
      ...{ option_A: 'a', option_B: 'b', option_C: 'c', option_D: 'd', prompt: '<image>Where?\n' },
    };
    const scored = {
      index: '9',
      problem: 'p',
      answer: 'C',
      images: [],
      source: 's',
      predictions: ['C'],
      correctness: [true],
      pass_rate: 1,
    };
    const input = [file('f.jsonl', [formatted]), file('s.jsonl', [scored])];
    await run(input, { capability: 'perception', kind: 'mcq' });
    expect(lines()).toMatchObject([
      { id: 'train_1', problem: '<image>Where?\n', images: ['x.jpg'], answer: 'B', kind: 'mcq' },
      { id: '9', problem: 'p', images: [], source: 's' },
    ]);
    await expect(run(input)).rejects.toThrow('f.jsonl:1: a published row does not say its capability and kind');
  });

  it('writes nothing where a row is none, or the loader would break', async () => {
    const cases: [(object | string)[], Record<string, string>, string][] = [
      [[row('a', 1), '{'], {}, 'rows.jsonl:2: no JSON'],
      [[{ ...row('a', 1), images: null }], {}, 'rows.jsonl:1: images: '],
      [[{ ...row('a', 1), problem: 'no mark' }], {}, 'problem has 0 <image> for 1 images'],
      [
        [row('a', 1), { ...row('b', 1), pass_rate: undefined }],
        { order: 'easy_to_hard' },
        'rows.jsonl:2 has no pass_rate',
      ],
      [[row('a', 1)], { out: at('me@host.jsonl') }, 'its path holds "@"'],
      [[], {}, 'it has no rows'],
      [[row('a', 1)], { epochs: '0' }, '--epochs 0: it is 1 to 1000'],
      [[row('a', 1)], { to: 'verl' }, '--to verl: it is one of easyr1, trl'],
    ];
    for (const [rows, more, message] of cases) {
      await expect(run([file('rows.jsonl', rows)], more), message).rejects.toThrow(message);
      expect(existsSync(more['out'] ?? at('out.jsonl')), message).toBe(false);
    }
  });

  it('names the loader’s trap far from its cause: text rows that fill the first piece of the file', async () => {
    const long = 'x'.repeat(4000);
    const texts = Array.from({ length: 3000 }, (_, i) => ({ ...row(`t${i}`, 1, []), problem: long }));
    await expect(run([file('t.jsonl', texts), file('p.jsonl', [row('p', 1)])])).rejects.toThrow(
      'out.jsonl:3001: "images[]": lists of a string, after empty lists only in the first 10 MiB',
    );
    await run([file('p.jsonl', [row('p', 1)]), file('t.jsonl', texts)]);
    expect(lines()).toHaveLength(3001);
  });
});
