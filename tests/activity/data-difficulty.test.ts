/** `data difficulty`: pass rates of rows from files of samples, and what becomes of rows and samples that cannot be used. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { curriculum } from '../../cli/commands/data/curriculum.js';
import { difficulty } from '../../cli/commands/data/difficulty.js';
import { byPassRate } from '../../core/order.js';
import { rowSchema } from '../../core/row.js';

let folder = '';
let stderr = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-difficulty-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  stderr = '';
  rmSync(join(folder, 'out.jsonl'), { force: true });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  return () => {
    vi.restoreAllMocks();
  };
});

const at = (name: string): string => join(folder, name);
const file = (name: string, rows: readonly (object | string)[]): string => {
  writeFileSync(at(name), rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return at(name);
};
const text = (name: string): string => readFileSync(at(name), 'utf8');
const lines = (name: string): Record<string, unknown>[] =>
  text(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const box = (answer: string): string => `<think>so</think> \\boxed{${answer}}`;
const samplesOf = (id: string, ...texts: (string | null)[]): object[] =>
  texts.map((said, sample) => ({ id, sample, text: said }));
const run = (
  rows: readonly (object | string)[],
  samples: readonly (object | string)[],
  more: Record<string, string> = {},
) =>
  difficulty([], {
    input: file('rows.jsonl', rows),
    samples: file('samples.jsonl', samples),
    out: at('out.jsonl'),
    k: '4',
    verifier: 'math',
    maxUnknown: '0.5',
    refused: at('refused.jsonl'),
    ...more,
  });
const published = (index: string, answer: unknown): object => ({
  index,
  problem: 'p',
  answer,
  images: [],
  source: 's',
});

describe('data difficulty', () => {
  it('writes published rows as the published script does, numbers as Python prints them', async () => {
    const rows = [
      '{"level": 3, "index": "0", "problem": "p", "answer": 5, "images": ["a/b.jpg"], "source": "docci", "pass_rate": 0.25, "x": 1.0}',
    ];
    const samples = samplesOf('0', box('5'), box('6'), 'no idea, sorry, I cannot tell at all', box('5.0'));
    expect(await run(rows, samples)).toBe(0);
    expect(text('out.jsonl')).toBe(
      '{"index": "0", "problem": "p", "answer": "5", "images": ["a/b.jpg"], "source": "docci", "level": 3, "pass_rate": 0.5, "x": 1.0, ' +
        '"predictions": ["5", "6", "None", "5.0"], "correctness": [true, false, false, true]}\n',
    );
    expect(stderr).toContain('1 of 1 rows with their pass rates');
    expect(stderr).toContain('  2/4: 1\n');
  });

  it('leaves rows of rows.jsonl what they are: a stage can train on them', async () => {
    const row = {
      id: 'r',
      capability: 'c',
      kind: 'k',
      problem: 'p',
      images: [],
      answer: 'B',
      options: ['1', '2'],
      meta: { x: 1 },
    };
    await run([row], samplesOf('r', box('B'), 'The answer is B.', box('2'), box('A')));
    const [scored] = lines('out.jsonl').map((one) => rowSchema.parse(one));
    expect(scored).toEqual({
      ...row,
      pass_rate: 0.75,
      meta: { x: 1, predictions: ['B', 'B', '2', 'A'], correctness: [true, true, true, false] },
    });
    expect(byPassRate([{ id: 'r', passRate: scored?.pass_rate }], 'easy_to_hard')).toHaveLength(1);
  });

  it('finds samples in any order, of many rows at once, repeated lines among them', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `r${i}`);
    const rows = ids.map((id) => published(id, '1'));
    // Row i has i % 5 right samples.
    const samples = ids.flatMap((id, i) => samplesOf(id, ...[0, 1, 2, 3].map((k) => box(k < i % 5 ? '1' : '2'))));
    await run(
      rows,
      [...samples, ...samples.slice(0, 50)].toSorted(
        (a, b) => JSON.stringify(a).length - JSON.stringify(b).length || 1,
      ),
    );
    expect(lines('out.jsonl').map(({ index, pass_rate }) => [index, pass_rate])).toEqual(
      ids.map((id, i) => [id, (i % 5) / 4]),
    );
    for (const right of [0, 1, 2, 3, 4]) expect(stderr).toContain(`  ${right}/4: 60\n`);
  });

  it('gives a row no pass rate where a sample is missing, is none, or has two texts', async () => {
    const rows = ['full', 'short', 'null', 'blank', 'two', 'nogold'].map((id) =>
      published(id, id === 'nogold' ? '' : '1'),
    );
    const all = (id: string, ...more: object[]): object[] => [...samplesOf(id, box('1'), box('1'), box('1')), ...more];
    const exit = await run(
      rows,
      [
        ...all('full', { id: 'full', sample: 3, text: box('1') }),
        ...all('short'),
        ...all('null', { id: 'null', sample: 3, text: null }),
        ...all('blank', { id: 'blank', sample: 3, text: ' ' }),
        ...all('two', { id: 'two', sample: 3, text: box('1') }, { id: 'two', sample: 3, text: box('2') }),
        ...all('nogold', { id: 'nogold', sample: 3, text: box('1') }),
        { id: 'stranger', sample: 0, text: '1' },
      ],
      { maxUnknown: '1' },
    );
    expect(exit).toBe(0);
    expect(lines('out.jsonl').map(({ index }) => index)).toEqual(['full']);
    expect(lines('refused.jsonl').map(({ line, reason }) => `${String(line)} ${String(reason)}`)).toEqual([
      '2 sample 3: there is no such sample',
      '3 sample 3: the model gave no answer',
      '4 sample 3: the answer is empty',
      '5 sample 3: two samples of one number differ',
      '6 sample 0: the row’s own answer is none that the verifier accepts',
    ]);
    expect(stderr).toContain('1 samples are of no row');
  });

  it('names lines that it cannot use, and keeps them', async () => {
    const exit = await run(
      [
        published('a', '1'),
        '{"index": ',
        '[]',
        { problem: 'p', answer: '1' },
        { index: 'n' },
        published('a', '1'),
        published('b', '1'),
      ],
      [
        ...samplesOf('a', box('1'), box('1'), box('1'), box('1')),
        ...samplesOf('b', box('1'), box('1'), box('1'), box('1')),
        'nonsense',
        { id: 'a', sample: 4, text: '1' },
        { id: 'a', sample: 1.5, text: '1' },
        { id: 'a', sample: 0, text: 7 },
        { sample: 0, text: '1' },
      ],
      { maxUnknown: '0.8' },
    );
    expect(exit).toBe(0);
    expect(lines('out.jsonl').map(({ index }) => index)).toEqual(['a', 'b']);
    const reasons = lines('refused.jsonl').map(({ line, reason }) => `${String(line)}: ${String(reason)}`);
    for (const reason of [
      '9: no JSON',
      '10: "sample" 4 is beyond the 4 of a row (--k)',
      '11: "sample" is no number from 0 on',
      '12: "text" is neither a text nor null',
      '13: the sample has no "id"',
      '2: no JSON',
      '3: the row is no object',
      '4: there is no id',
      '5: there is no "answer"',
      '6: the id "a" was used before',
    ])
      expect(
        reasons.some((one) => one.startsWith(reason)),
        reason,
      ).toBe(true);
    expect(reasons).toHaveLength(10);
  });

  it('leaves out what is too easy or too hard, with its reason; too many unknown rows write nothing', async () => {
    const rows = ['easy', 'middle', 'hard'].map((id) => published(id, '1'));
    const samples = [
      ...samplesOf('easy', box('1'), box('1'), box('1'), box('1')),
      ...samplesOf('middle', box('1'), box('2'), box('1'), box('1')),
      ...samplesOf('hard', box('2'), box('2'), box('2'), box('2')),
    ];
    await run(rows, samples, { saturated: '1', hopeless: '0' });
    expect(lines('out.jsonl').map(({ index }) => index)).toEqual(['middle']);
    expect(lines('refused.jsonl').map(({ reason }) => reason)).toEqual([
      '4 of 4 samples are right',
      '0 of 4 samples are right',
    ]);
    rmSync(at('out.jsonl'));
    await expect(run(rows, samples.slice(0, 11), { maxUnknown: '0.01' })).rejects.toThrow(
      '1 of 3 rows have no pass rate',
    );
    expect(existsSync(at('out.jsonl'))).toBe(false);
    await expect(run([], samples)).rejects.toThrow('has no rows');
    await expect(run(rows, samples, { verifier: 'maths' })).rejects.toThrow('--verifier maths: it is one of');
    await expect(run(rows, samples, { k: '0' })).rejects.toThrow('a row has 1 to 256 samples');
  });

  it('is read by data curriculum', async () => {
    const rows = ['a', 'b'].map((id) => published(id, '1'));
    await run(rows, [
      ...samplesOf('a', box('2'), box('2'), box('1'), box('2')),
      ...samplesOf('b', box('1'), box('1'), box('1'), box('1')),
    ]);
    await curriculum([], { input: [at('out.jsonl')], outDir: at('ordered'), seed: '42' });
    expect(lines(join('ordered', 'out_curriculum.jsonl')).map(({ index }) => index)).toEqual(['b', 'a']);
    expect(lines(join('ordered', 'out_curriculum_filtered_new.jsonl')).map(({ index }) => index)).toEqual(['a']);
  });
});
