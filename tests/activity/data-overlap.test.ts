/** `data overlap`: what training sets share with benchmarks, from files and pictures as they come. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { overlap } from '../../cli/commands/data/overlap.js';

let folder = '';
let stdout = '';
let stderr = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-overlap-'));
  mkdirSync(join(folder, 'pictures'));
  const [width, height] = [9, 5];
  for (const [i, name] of ['one', 'two', 'three'].entries()) {
    const pixels = Buffer.from(Array.from({ length: width * height * 3 }, (_, k) => (k * 29 + i * 101) % 256));
    const picture = () => sharp(pixels, { raw: { width, height, channels: 3 } });
    // Benchmarks and training sets hold the same pixels in other files.
    await picture()
      .png({ compressionLevel: 9 })
      .toFile(join(folder, 'pictures', `${name}.png`));
    await picture()
      .webp({ lossless: true })
      .toFile(join(folder, `${name}.webp`));
  }
  writeFileSync(join(folder, 'text.jpg'), 'this is text');
  writeFileSync(join(folder, 'empty.png'), '');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
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
const lines = (name: string): Record<string, unknown>[] =>
  readFileSync(at(name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const counts = (): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

const benchmark = [
  { index: 7, question: 'Where is the cup?', choices: ['left', 'right'], image: 'one.png' },
  { question_id: 'q2', question: 'What is 2 + 2?' },
  { question_id: 'q3', question: 'What colour is it?', image: 'two.png' },
];
const clean = { id: 'new', problem: '<image>How many cups?', images: ['three.webp'], answer: 'A' };

describe('data overlap', () => {
  it('lists each match with both ids and how, and writes what no benchmark holds, as it was', async () => {
    const train = file('train.jsonl', [
      {
        id: 'both',
        problem: '<image>where is the  cup',
        options: ['Right', 'left.'],
        images: ['one.webp'],
        answer: 'B',
      },
      { id: 'picture', problem: '<image>Is there a cup?', images: ['one.webp'], answer: 'A' },
      { id: 'words', problem: 'What is 2 + 2', images: [], answer: '4' },
      { id: 'same-words', problem: '<image>What colour is it?', images: ['three.webp'], answer: 'C' },
      '{"id": "new",  "problem": "<image>How many cups?", "images": ["three.webp"], "answer": "A"}',
    ]);
    const exit = await overlap([], {
      train: [train],
      benchmark: [file('bench.jsonl', benchmark)],
      imageDir: [at('pictures')],
      report: at('report.jsonl'),
      out: at('out.jsonl'),
      drop: true,
      json: true,
    });
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    expect(counts()).toMatchObject({
      train_rows: 5,
      benchmark_rows: 3,
      overlaps: { text_and_image: 1, image: 1, text: 1, text_other_image: 1 },
      clean: 1,
      unknown: 0,
      unreadable_benchmark: 0,
      written: 2,
    });
    const held = { train, benchmark: at('bench.jsonl') };
    expect(lines('report.jsonl')).toEqual([
      { ...held, line: 1, id: 'both', way: 'text_and_image', benchmark_line: 1, benchmark_id: '7' },
      { ...held, line: 2, id: 'picture', way: 'image', benchmark_line: 1, benchmark_id: '7' },
      { ...held, line: 3, id: 'words', way: 'text', benchmark_line: 2, benchmark_id: 'q2' },
      { ...held, line: 4, id: 'same-words', way: 'text_other_image', benchmark_line: 3, benchmark_id: 'q3' },
    ]);
    expect(readFileSync(at('out.jsonl'), 'utf8').split('\n')).toEqual([
      JSON.stringify({ id: 'same-words', problem: '<image>What colour is it?', images: ['three.webp'], answer: 'C' }),
      '{"id": "new",  "problem": "<image>How many cups?", "images": ["three.webp"], "answer": "A"}',
      '',
    ]);
  });

  it('calls no row clean whose picture cannot be read, and keeps it out with its reason', async () => {
    const row = (id: string, image: string) => ({ id, problem: `<image>${id}?`, images: [image], answer: 'A' });
    const train = file('bad.jsonl', [
      row('missing', 'none.png'),
      row('empty', 'empty.png'),
      row('text', 'text.jpg'),
      row('climbs', '../one.webp'),
      row('remote', 'https://example.org/a.png'),
      '{"id": "broken", ',
      { id: 'nothing', answer: 'A' },
      clean,
    ]);
    const exit = await overlap([], {
      train: [train],
      benchmark: [file('bench.jsonl', benchmark.slice(1, 2))],
      report: at('report.jsonl'),
      out: at('out.jsonl'),
      drop: true,
      json: true,
    });
    expect(exit).toBe(1);
    expect(counts()).toMatchObject({ train_rows: 8, clean: 1, unknown: 7, written: 1 });
    expect(lines('out.jsonl')).toEqual([clean]);
    const why = lines('report.jsonl').map(({ id, unknown }) => `${String(id)}: ${String(unknown)}`);
    for (const [i, reason] of [
      'none.png: ENOENT',
      'empty.png is empty',
      'text.jpg cannot be decoded',
      '../one.webp leads out of the folder of pictures',
      'example.org/a.png is no file here; pictures are not fetched',
      'no JSON: ',
      'there is no text to compare',
    ].entries())
      expect(why[i]).toContain(reason);
    expect(stderr).toContain('bad.jsonl:6: no JSON');
  });

  it('tells of benchmarks whose rows or pictures cannot be read: nothing was compared with them', async () => {
    const bench = file('holes.jsonl', [
      { question: 'a?', image: 'none.png', id: 'h1' },
      '[1]',
      { question: 'What is 2 + 2?' },
    ]);
    const exit = await overlap([], {
      train: [file('train.jsonl', [clean])],
      benchmark: [bench],
      report: at('report.jsonl'),
    });
    expect(exit).toBe(1);
    expect(stdout).toContain('2 rows of benchmarks cannot be read, or pictures of theirs: not compared');
    expect(lines('report.jsonl').map(({ benchmark_line, benchmark_id }) => [benchmark_line, benchmark_id])).toEqual([
      [1, 'h1'],
      [2, 'line 2'],
    ]);
  });

  it('finds rows far into a benchmark of several files, bad lines between', async () => {
    const many = (from: number, bad: number[]): (object | string)[] =>
      Array.from({ length: 500 }, (_, i) =>
        bad.includes(i) ? '{' : { id: `b${from + i}`, question: `What is ${from + i}?` },
      );
    const files = [file('b1.jsonl', many(0, [3, 64, 65])), file('b2.jsonl', many(500, [0]))];
    const asked = [0, 2, 63, 66, 130, 499, 501, 999];
    const train = file(
      'train.jsonl',
      asked.map((i) => ({ id: `t${i}`, problem: `what is ${i}`, images: [], answer: 'A' })),
    );
    await overlap([], { train: [train], benchmark: files, report: at('report.jsonl'), json: true });
    const found = lines('report.jsonl').flatMap(({ id, benchmark_id, benchmark_line }) =>
      id === undefined ? [] : [[id, benchmark_id, benchmark_line]],
    );
    expect(found).toEqual(asked.map((i) => [`t${i}`, `b${i}`, (i % 500) + 1]));
  });

  it('refuses a benchmark without rows, and --drop without a file', async () => {
    const train = [file('train.jsonl', [clean])];
    await expect(overlap([], { train, benchmark: [file('none.jsonl', [])] })).rejects.toThrow(
      'has no row to compare with',
    );
    await expect(overlap([], { train, benchmark: [at('absent.jsonl')] })).rejects.toThrow('there is no such file');
    await expect(overlap([], { train, benchmark: train, drop: true })).rejects.toThrow('--drop and --out go together');
  });
});
