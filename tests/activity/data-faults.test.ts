/** Bad input to `stagewright data`: what is counted, what is kept aside with its reason, what is refused as a whole. Needs dist/. */
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DIST, runCli, startCli, temporaryFolder, type Ended } from '../support/cli.js';

let home: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  home = temporaryFolder();
});
afterEach(() => home.remove());

const at = (name: string): string => join(home.path, name);
function put(name: string, content: string | Buffer): string {
  writeFileSync(at(name), content);
  return at(name);
}
const read = (name: string): string => readFileSync(at(name), 'utf8');
const data = (...args: string[]): Promise<Ended> => runCli(['data', ...args]);
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const options = { A: 'a', B: 'b', C: 'c', D: 'd' };
const question = (id: unknown, answer: unknown = 'A') => ({
  generated: { question: 'q?', options, answer },
  meta: { example_id: id, image_file: 'x.jpg', description: 'words' },
});
const prediction = (id: unknown, letter: unknown, truth: unknown = 'A') => ({
  id,
  ground_truth: truth,
  predicted_letter: letter,
  raw: '',
});
const IDS = ['a', 'b', 'c'];
const MCQ = lines(IDS.map((id) => question(id)));
const IMAGE = lines(IDS.map((id) => prediction(id, 'B')));
const CAPTION = lines(IDS.map((id) => prediction(id, 'A')));

interface Given {
  readonly mcq?: string | Buffer;
  readonly image?: string | Buffer;
  readonly caption?: string | Buffer;
}
function filter({ mcq = MCQ, image = IMAGE, caption = CAPTION }: Given, ...more: string[]): Promise<Ended> {
  return data(
    ...['filter', '--mcq', put('mcq', mcq), '--image-preds', put('image', image)],
    ...['--caption-preds', put('caption', caption), '--out', at('out'), ...more],
  );
}
const strictly = (given: Given): Promise<Ended> => filter(given, '--max-unknown', '1', '--refused', at('refused'));
const refused = (): { line: number; reason: string }[] =>
  read('refused')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { line: number; reason: string });
const only = (...ids: string[]): string =>
  IDS.filter((id) => ids.includes(id))
    .map((id) => `${dumped(question(id))}\n`)
    .join('');
/** As Python prints these rows. */
const dumped = (row: unknown): string => JSON.stringify(row).replaceAll(/(?<=["\]}]),(?=")|(?<="):(?=["{[])/g, '$& ');
const latin = Buffer.from('{"a": "\xe9"}\n', 'latin1');

test('a sound set in strict mode', async () => {
  const { code, stderr } = await filter({});
  expect(code, stderr).toBe(0);
  expect(read('out')).toBe(only('a', 'b', 'c'));
});

/** In strict mode: what is wrong in which file -> rows that stay, and the line and reason of what is out. */
const STRICT: [string, Given, string[], [number, string][]][] = [
  ['broken JSON', { mcq: `{"generated": \n${MCQ}` }, ['a', 'b', 'c'], [[1, 'no JSON']]],
  ['a byte order mark', { mcq: `\ufeff${lines([question('x')])}${MCQ}` }, ['a', 'b', 'c'], [[1, 'BOM']]],
  ['no UTF-8', { mcq: Buffer.concat([latin, Buffer.from(MCQ)]) }, ['a', 'b', 'c'], [[1, 'not UTF-8']]],
  [
    'a 20 MB line',
    { mcq: `${lines([question('x'.repeat(20_000_000))])}${MCQ}` },
    ['a', 'b', 'c'],
    [[1, 'bytes, more than']],
  ],
  ['no object', { mcq: `[1]\n${MCQ}` }, ['a', 'b', 'c'], [[1, 'no object']]],
  ['a missing key', { mcq: `{"generated": {}, "meta": {"id": "x"}}\n${MCQ}` }, ['a', 'b', 'c'], [[1, 'no "answer"']]],
  [
    'meta that is null',
    { mcq: `{"generated": {"answer": "A"}, "meta": null}\n${MCQ}` },
    ['a', 'b', 'c'],
    [[1, '"meta"']],
  ],
  ['no id', { mcq: lines([{ ...question('x'), meta: {} }]) + MCQ }, ['a', 'b', 'c'], [[1, 'no id']]],
  ['an id twice', { mcq: MCQ + lines([question('a')]) }, ['a', 'b', 'c'], [[4, 'the id was used before']]],
  [
    'an answer that is no letter',
    { mcq: lines([question('a', 'E'), question('b', 1), question('c')]) },
    ['c'],
    [
      [1, 'no letter of an option'],
      [2, 'no letter of an option'],
    ],
  ],
  ['half a surrogate pair', { mcq: MCQ.replace('"q?"', '"\\ud83d"') }, ['b', 'c'], [[1, 'surrogate']]],
  [
    'a prediction that is absent',
    { image: lines([prediction('b', 'B'), prediction('c', 'B')]) },
    ['b', 'c'],
    [[1, 'no prediction']],
  ],
  [
    'one that is empty',
    { image: lines([prediction('a', ''), prediction('b', 'B'), prediction('c', 'B')]) },
    ['b', 'c'],
    [[1, 'no letter of an option']],
  ],
  [
    'one that is null',
    { caption: lines([prediction('a', null), prediction('b', 'A'), prediction('c', 'A')]) },
    ['b', 'c'],
    [[1, 'no letter of an option']],
  ],
  [
    'NaN for a letter',
    { caption: CAPTION.replace('"predicted_letter":"A"', '"predicted_letter":NaN') },
    ['b', 'c'],
    [[1, 'no letter of an option']],
  ],
  ['two that differ', { image: IMAGE + lines([prediction('a', 'C')]) }, ['b', 'c'], [[1, 'different predictions']]],
  ['two that agree', { image: IMAGE + lines([prediction('a', 'B')]) }, ['a', 'b', 'c'], []],
  [
    'a prediction of another question',
    { image: lines([prediction('a', 'B', 'D'), prediction('b', 'B'), prediction('c', 'B')]) },
    ['b', 'c'],
    [[1, 'ground_truth is not the answer']],
  ],
  ['an id that is no text', { image: IMAGE + lines([prediction(7, 'B')]) }, ['a', 'b', 'c'], [[4, '"id" is no text']]],
  [
    'a broken prediction',
    { image: IMAGE.replace('{"id":"a"', '{"id":') },
    ['b', 'c'],
    [
      [1, 'no JSON'],
      [1, 'no prediction'],
    ],
  ],
  [
    'lone CR and CRLF line ends, blank lines',
    { mcq: MCQ.replace('\n', '\r').replace('\n', '\r\n\r\n \u3000\n') },
    ['a', 'b', 'c'],
    [],
  ],
];
describe('filter, strict', () => {
  test.each(STRICT)('%s', async (_, given, kept, out) => {
    const { code, stderr } = await strictly(given);
    expect(code, stderr).toBe(0);
    expect(read('out')).toBe(only(...kept));
    const found = refused();
    expect(found.map(({ line }) => line)).toEqual(out.map(([line]) => line));
    for (const [i, [, reason]] of out.entries()) expect(found[i]?.reason).toContain(reason);
  });

  test('the share of unknown rows is a gate: nothing is written, the reasons are', async () => {
    writeFileSync(at('out'), 'before');
    const given = { image: lines([prediction('b', 'B'), prediction('c', 'B')]) };
    const { code, stderr } = await filter(given, '--refused', at('refused'));
    expect(code).toBe(1);
    expect(stderr).toContain('1 of 3 rows (33.33%) are unknown, more than 1.00%');
    expect(read('out')).toBe('before');
    expect(refused()).toHaveLength(1);
  });

  test.each([
    [
      'predictions of another set',
      { image: lines([prediction('x', 'B')]) },
      'predictions of another set: none of its 1 ids',
    ],
    ['no questions', { mcq: '' }, 'there are no questions'],
    ['no predictions', { image: '' }, 'predictions of another set'],
  ] as [string, Given, string][])('%s: refused as a whole', async (_, given, message) => {
    const { code, stderr } = await strictly(given);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(existsSync(at('out'))).toBe(false);
  });
});

/** As published: each of these ends the published script too. */
const WHOLE: [string, Given, string][] = [
  ['broken JSON', { mcq: `${MCQ}{"generated"` }, 'mcq:4: no JSON'],
  ['a byte order mark', { mcq: `\ufeff${MCQ}` }, 'mcq:1: begins with a byte order mark'],
  ['no UTF-8', { image: Buffer.concat([Buffer.from(IMAGE), latin]) }, 'image:4: not UTF-8'],
  ['a prediction without id', { caption: `${CAPTION}{}\n` }, 'caption:4: the prediction has no "id"'],
  [
    'half a surrogate pair in a row that stays',
    { mcq: MCQ.replace('"q?"', '"\\ud83d"') },
    'mcq:1: half a surrogate pair',
  ],
  ['no answer', { mcq: '{"generated": {}, "meta": {}}' }, 'mcq:1: "generated" has no "answer"'],
];
describe('filter, as published', () => {
  test.each(WHOLE)('%s: refused as a whole', async (_, given, message) => {
    writeFileSync(at('out'), 'before');
    const { code, stderr } = await filter(given, '--mode', 'paper');
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain('nothing was written');
    expect(read('out')).toBe('before');
    expect(readdirSync(home.path).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('a missing image-only prediction counts as wrong, an empty one does not; the last of two counts; all is counted', async () => {
    const image = lines([
      prediction('b', ''),
      prediction('c', 'A'),
      prediction('c', 'B'),
      prediction(1, 'B'),
      prediction('z', 'B'),
    ]);
    const { code, stderr } = await filter({ image }, '--mode', 'paper');
    expect([code, read('out')]).toEqual([0, only('a', 'c')]);
    expect(stderr).toContain('1 ids again; the last counts');
    expect(stderr).toContain('1 ids are no text');
    expect(stderr).toContain('1 of 3 ids are of no question');
    expect(stderr).toContain('1 out: no letter from the image');
  });

  test('a 20 MB line passes, and so do integers beyond 2^53 and keys like numbers', async () => {
    const row = dumped(question('a')).replace('"q?"', `"${'é'.repeat(10_000_000)}"`);
    const mcq = `${row}\n${dumped(question('b')).replace(/\}$/, ', "9": 123456789012345678901, "1": 1e-07}')}\n`;
    const { code, stderr } = await filter({ mcq }, '--mode', 'paper');
    expect(code, stderr).toBe(0);
    expect(read('out') === mcq).toBe(true);
  });

  test('an empty file of questions gives an empty file', async () => {
    const { code, stderr } = await filter({ mcq: '' }, '--mode', 'paper');
    expect([code, read('out')]).toEqual([0, '']);
    expect(stderr).toContain('no questions');
  });
});

describe('what is written', () => {
  test.each([
    ['a full disk', '/dev/full', 'DiskFull: no space left for /dev/full'],
    ['a folder', '.', 'is a folder'],
    ['no place', '/proc/none/out', 'cannot write /proc/none/out'],
  ])('%s', async (_, out, message) => {
    const args = ['--image-preds', put('image', IMAGE), '--caption-preds', put('caption', CAPTION)];
    const { code, stderr } = await data('filter', '--mcq', put('mcq', MCQ), ...args, '--out', out);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('a command that is killed leaves what was there, and no half of a new file under its name', async () => {
    writeFileSync(at('out'), 'before');
    execFileSync('mkfifo', [at('mcq')]);
    const child = spawn(process.execPath, [
      ...[join(DIST, 'cli', 'main.js'), 'data', 'filter', '--mode', 'paper', '--mcq', at('mcq')],
      ...['--image-preds', put('image', IMAGE), '--caption-preds', put('caption', CAPTION), '--out', at('out')],
    ]);
    // It is never ended: the command has half of its rows when it is killed.
    const rows = createWriteStream(at('mcq')).on('error', () => undefined);
    const some = only('a', 'b', 'c').repeat(5_000);
    const aside = (): string | undefined => readdirSync(home.path).find((name) => name.startsWith('out.part'));
    for (let written = ''; written === ''; written = read(aside() ?? 'out').replace('before', ''))
      if (!rows.write(some)) await once(rows, 'drain');
    child.kill('SIGKILL');
    await once(child, 'close');
    rows.destroy();
    expect(read('out')).toBe('before');
  });
});

describe('parse', () => {
  const captions = lines([
    { example_id: 'a', description: 'one' },
    { example_id: 'b', description: null },
    { example_id: 'a', description: 'again' },
  ]);
  const good = `\`\`\`json\n${JSON.stringify({ question: 'Where is it?', options: { A: 'left', B: 'right', C: 'up', D: 'down' }, answer: 'B' })}\n\`\`\``;
  const parse = (replies: string, ...more: string[]): Promise<Ended> =>
    data(
      'parse',
      '--captions',
      put('captions', captions),
      '--replies',
      put('replies', replies),
      '--out',
      at('out'),
      ...more,
    );

  test('as published: null captions pass, replies without a block are skipped and counted', async () => {
    const { code, stderr } = await parse(
      lines([{ reply: good }, { reply: good }, { reply: 'no' }]),
      '--refused',
      at('refused'),
    );
    expect(code).toBe(0);
    expect(read('out').trim().split('\n')).toHaveLength(2);
    expect(stderr).toContain('2 questions of 3 captions');
    expect(refused()).toEqual([expect.objectContaining({ line: 3, reason: 'no ```json block' })]);
  });

  test('replies that are no text, or no JSON, are skipped', async () => {
    const { code } = await parse(`{"reply": null}\n{"reply"\n${lines([{ reply: good }])}`, '--refused', at('refused'));
    expect([code, refused().map(({ line }) => line)]).toEqual([0, [1, 2]]);
  });

  test('too few replies, or too many: refused as a whole', async () => {
    for (const count of [2, 4]) {
      const { code, stderr } = await parse(lines(Array<unknown>(count).fill({ reply: good })));
      expect([code, existsSync(at('out'))]).toEqual([1, false]);
      expect(stderr).toContain('one reply for each caption');
    }
  });

  test('a caption that cannot be read: refused as a whole', async () => {
    const { code, stderr } = await data(
      'parse',
      '--captions',
      put('c', '{\n'),
      '--replies',
      put('r', lines([{ reply: good }])),
      '--out',
      at('out'),
    );
    expect([code, existsSync(at('out'))]).toEqual([1, false]);
    expect(stderr).toContain('c:1: no JSON');
  });

  test('strict: captions and questions are checked, all that is refused is kept with its reason', async () => {
    const same = good.replace('"right"', '"left"');
    const { code } = await parse(
      lines([{ reply: same }, { reply: good }, { reply: good }]),
      '--strict',
      '--refused',
      at('refused'),
    );
    expect(code).toBe(0);
    expect(refused().map(({ line, reason }) => [line, reason])).toEqual([
      [1, expect.stringContaining('options must differ')],
      [2, 'the caption is no text'],
      [3, 'the id was used before'],
    ]);
    expect(read('out')).toBe('');
  });
});

describe('format', () => {
  const format = (input: string): Promise<Ended> =>
    data('format', '--input', put('in', input), '--out-dir', at('folder'));
  test.each([
    ['an id that is a number', lines([question(7)]), 'in:1: the id is no text'],
    ['no options', lines([{ generated: { question: 'q', answer: 'A' }, meta: {} }]), '"options" is no object'],
    [
      'a question that is null',
      lines([{ generated: { question: null, options, answer: 'A' }, meta: {} }]),
      '"question" is no text',
    ],
    ['broken JSON', `${MCQ}{`, 'in:4: no JSON'],
  ])('%s: refused as a whole', async (_, input, message) => {
    const { code, stderr } = await format(input);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(readdirSync(at('folder'))).toEqual([]);
  });
});

describe('curriculum', () => {
  const curriculum = (...args: string[]): Promise<Ended> => data('curriculum', '--out-dir', at('folder'), ...args);
  test('inputs that are missing or empty are left out as published, told, and the exit code says so', async () => {
    const { code, stderr } = await curriculum(
      '--input',
      at('none'),
      put('empty.jsonl', '\n'),
      put('one.jsonl', '{"pass_rate": 1}\n{"a": 2}'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('none: there is no such file');
    expect(stderr).toContain('empty.jsonl: no rows');
    expect(readdirSync(at('folder')).sort()).toEqual(['one_curriculum.jsonl', 'one_curriculum_filtered_new.jsonl']);
    expect(read('folder/one_curriculum.jsonl')).toBe('{"pass_rate": 1}\n{"a": 2}\n');
    expect(read('folder/one_curriculum_filtered_new.jsonl')).toBe('{"a": 2}\n');
  });

  test.each([
    ['rates of two kinds', '{"pass_rate": null}\n{"pass_rate": 0.5}\n', 'null'],
    ['a rate that is a list', '{"pass_rate": []}\n', 'in.jsonl:1: "pass_rate" is a list'],
    ['broken JSON', '{"pass_rate": 1}\n{', 'in.jsonl:2: no JSON'],
  ])('%s: refused as a whole', async (_, input, message) => {
    const { code, stderr } = await curriculum(
      '--input',
      put('good.jsonl', '{"pass_rate": 1}\n'),
      put('in.jsonl', input),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(existsSync(at('folder')) ? readdirSync(at('folder')) : []).toEqual([]);
  });

  test('two inputs of one name would overwrite each other: refused', async () => {
    mkdirSync(at('a'));
    mkdirSync(at('b'));
    const { code, stderr } = await curriculum('--input', put('a/x.jsonl', '{}\n'), put('b/x.jsonl', '{}\n'));
    expect(code).toBe(1);
    expect(stderr).toContain('two outputs would be written to');
  });
});

describe('usage', () => {
  test.each([
    [['filter'], '--mcq is needed'],
    [['filter', '--mode', 'papr'], 'strict, paper'],
    [
      ['filter', '--mcq', 'x', '--image-preds', 'y', '--caption-preds', 'z', '--max-unknown', '2', '--out', 'o'],
      'no share',
    ],
    [['curriculum', '--input', 'x', '--out-dir', 'y', '--seed', '1.5'], 'no integer'],
    [['format', '--input', 'x', '--out-dir', 'y', '--val-ratio', 'a'], 'no number'],
    [['filtr'], 'Did you mean filter?'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await data(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test('letters: what is no such line is named, all others are answered in their order', async () => {
  const { child, ended } = startCli(['data', 'letters'], { stdin: 'pipe' });
  child.stdin?.end(
    '{"id": 1, "text": "B"}\n{"id": 2}\nx\n{"id": {"10": 1, "9": 2.50}, "text": ""}\r{"id": "\\ud83d", "text": "A"}',
  );
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(1);
  expect(stdout).toBe('{"id": 1, "letter": "B"}\n{"id": {"10": 1, "9": 2.5}, "letter": ""}\n');
  expect(stderr).toContain('line 2: "text" is no string');
  expect(stderr).toContain('line 3: no JSON');
  expect(stderr).toContain('line 5: half a surrogate pair');
  expect(stderr).toContain('3 of 5 lines');
});
