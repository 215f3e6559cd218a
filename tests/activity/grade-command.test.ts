/** `stagewright grade` as a program, and its pool with verifiers of one's own that get stuck, throw, exit and fill memory. Needs dist/. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../store/package-root.js';

const DIST = process.env.STAGEWRIGHT_DIST ?? join(packageRoot(), 'dist');

interface Ended {
  readonly code: number | null;
  readonly results: readonly Record<string, unknown>[];
  readonly errors: string;
}
function grade(args: readonly string[], input: string | Buffer, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return run([join(DIST, 'cli/main.js'), 'grade', ...args], input, env);
}
function run(command: readonly string[], input: string | Buffer, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, command, { env: { ...process.env, ...env } });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', fail);
    child.on('close', (code) => {
      const lines = out.split('\n').filter((line) => line !== '');
      done({ code, errors, results: lines.map((line) => JSON.parse(line) as Record<string, unknown>) });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
const lines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');
const byId = (ended: Ended): Map<unknown, unknown> => new Map(ended.results.map(({ id, ...rest }) => [id, rest]));

let folder: string;
let own: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stagewright-grade-'));
  own = join(folder, 'own.mjs');
  await writeFile(
    own,
    `export const verifiers = {
       length: (item) => item.pred.length === item.gold.length,
       slow: async (item) => {
         if (item.pred === 'hang') for (;;);
         if (item.pred === 'never') await new Promise(() => {});
         if (item.pred === 'throw') throw new Error('no');
         if (item.pred === 'exit') process.exit(3);
         if (item.pred === 'fill') { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)); }
         console.log('printed');
         return { verdict: item.pred === item.gold ? 'correct' : 'wrong' };
       },
       odd: () => 42,
     };\n`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('stagewright grade', () => {
  test('answers every good line, names every bad one by its number, and ends with 1', async () => {
    const input =
      lines([{ id: 'a', gold: '5', pred: '\\boxed{5}' }]) +
      'nonsense\n\n' +
      lines([
        { id: 2, gold: 'B', pred: 'The answer is C.' },
        { id: 3, gold: 'B' },
        { id: 4, gold: 'B', pred: 'x', kind: 'leter' },
      ]) +
      JSON.stringify({ id: 5, gold: '1', pred: 'I cannot read the diagram.' });
    const ended = await grade([], input);
    expect(ended.code).toBe(1);
    expect(byId(ended)).toEqual(
      new Map<unknown, unknown>([
        ['a', { correct: true, verdict: 'correct', reason: null, rule: 'box' }],
        [2, { correct: false, verdict: 'wrong', reason: null, rule: 'phrase' }],
        [5, { correct: false, verdict: 'ungradable', reason: 'no-answer', rule: 'none' }],
      ]),
    );
    expect(ended.errors).toContain('line 2: not JSON');
    expect(ended.errors).toContain('line 5: pred:');
    expect(ended.errors).toContain('line 6: kind:');
    expect(ended.errors).toContain('3 of 7 lines are not items');
  });

  test('many lines in chunks of any size: each once, whatever their order', async () => {
    const items = Array.from({ length: 5_000 }, (_, id) => ({
      id,
      gold: String(id % 7),
      pred: `${'é'.repeat(id % 50)} \\boxed{${id % 5}}`,
    }));
    const ended = await grade([], lines(items));
    expect(ended.code).toBe(0);
    expect(ended.results.length).toBe(items.length);
    const said = byId(ended);
    expect(items.filter(({ id }) => (said.get(id) as { correct: boolean }).correct !== (id % 7 === id % 5))).toEqual(
      [],
    );
  });

  test('a file on standard input, of lines longer than what is read at once', async () => {
    const file = join(folder, 'answers.jsonl');
    const items = Array.from({ length: 8 }, (_, id) => ({
      id,
      gold: '5',
      pred: `${'x'.repeat(id * 100_000)} \\boxed{${id}}`,
    }));
    await writeFile(file, lines(items));
    const script = `exec "$0" "$1" grade <"$2"`;
    const child = spawn('sh', ['-c', script, process.execPath, join(DIST, 'cli/main.js'), file]);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    const code = await new Promise((done) => child.on('close', done));
    const said = out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { id: number; correct: boolean });
    expect(code).toBe(0);
    expect(said.filter(({ correct }) => correct).map(({ id }) => id)).toEqual([5]);
    expect(said.length).toBe(items.length);
  });

  test('the reward has its number; an unknown verifier is named with the nearest', async () => {
    const item = { id: 1, gold: '5', pred: '<think>3 + 2</think> \\boxed{6}' };
    const rewarded = await grade(['--verifier', 'reward'], lines([item]));
    expect(rewarded.results).toEqual([
      { id: 1, correct: false, verdict: 'wrong', reason: null, rule: 'box', reward: 0.1 },
    ]);
    const unknown = await grade(['--verifier', 'maht'], lines([item]));
    expect(unknown.code).toBe(2);
    expect(unknown.errors).toContain('did you mean "math"?');
  });

  test('the verifier’s settings are options; what is none is refused with the nearest', async () => {
    const items = [
      { id: 'unit', gold: '12 cm', pred: '\\boxed{12}' },
      { id: 'hedge', gold: '5', pred: '\\boxed{3} or \\boxed{5}' },
      { id: 'percent', gold: '50\\%', pred: '\\boxed{50}' },
      { id: 'rounding', gold: '3.14159', pred: '\\boxed{3.142}' },
      { id: 'loose', gold: 'x+1', pred: '\\boxed{y+1}' },
      { id: 'box', gold: '7', pred: 'The answer is 7.' },
    ];
    const verdicts = async (...options: string[]): Promise<unknown[]> => {
      const said = byId(await grade(options, lines(items)));
      return items.map(({ id }) => (said.get(id) as { verdict: string }).verdict[0]);
    };
    expect(await verdicts()).toEqual(['c', 'u', 'c', 'w', 'w', 'c']);
    expect(await verdicts('--unit', 'required', '--hedge', 'last', '--percent', 'value')).toEqual([
      ...['w', 'c', 'w', 'w', 'w', 'c'],
    ]);
    expect(await verdicts('--rounding', '3', '--loose', '--require-box')).toEqual(['c', 'u', 'c', 'c', 'c', 'u']);
    const refused = async (...options: string[]): Promise<unknown> => {
      const { code, errors, results } = await grade(options, lines(items));
      expect([code, results]).toEqual([2, []]);
      return errors;
    };
    expect(await refused('--unit', 'requird')).toContain('--unit requird: did you mean "required"?');
    expect(await refused('--rounding', '31')).toContain('rounding');
    expect(await refused('--rounding', 'six')).toContain('--rounding six: a number from 0 to 30');
    expect(await refused('--verifier', 'format', '--loose')).toContain('verifier format has no settings');
    expect(await refused('--requirebox')).toContain('--require-box');
  });

  test('a folder as input, and an output that takes nothing, are said', async () => {
    const shell = (redirect: string): Promise<{ code: unknown; errors: string }> =>
      new Promise((done) => {
        const command = ['-c', `exec "$0" "$1" grade ${redirect}`, process.execPath, join(DIST, 'cli/main.js')];
        const child = spawn('sh', command, { stdio: ['pipe', 'ignore', 'pipe'] });
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
        child.on('close', (code) => done({ code, errors }));
        child.stdin.on('error', () => undefined);
        child.stdin.end(lines([{ id: 1, gold: '5', pred: '5' }]));
      });
    expect(await shell('</')).toEqual({
      code: 2,
      errors: expect.stringContaining('standard input is a folder') as string,
    });
    if (process.platform === 'linux')
      expect(await shell('>/dev/full')).toEqual({ code: 1, errors: expect.stringContaining('ENOSPC') as string });
  });

  test('the verifier digits grades the words of the embedded model', async () => {
    const items = [
      { id: 1, gold: 'B', pred: '<think> top-left 7 </think> \\boxed{ B } <eos>' },
      { id: 2, gold: 'B', pred: '<think> top-left 7 </think> \\boxed{ B }' },
    ];
    const { results } = await grade(['--verifier', 'digits'], lines(items));
    expect(results).toMatchObject([{ verdict: 'correct' }, { verdict: 'ungradable', reason: 'no-answer' }]);
    const golds = [
      { id: 1, gold: 'B' },
      { id: 2, gold: 'top-left 1 top-right 2 bottom-left 3 bottom-right 4' },
    ];
    expect((await grade(['--verifier', 'digits', '--gold-check'], lines(golds))).code).toBe(0);
    expect((await grade(['--verifier', 'digits', '--gold-check'], lines([{ id: 1, gold: '3 4' }]))).code).toBe(1);
  });

  test('the gold check refuses golds that no answer can match, and names them', async () => {
    const ended = await grade(
      ['--gold-check'],
      lines([
        { id: 'good', gold: '\\frac{1}{2}' },
        { id: 'empty', gold: ' ' },
      ]),
    );
    expect(ended.code).toBe(1);
    expect(ended.errors).toContain('line 2: gold of empty: no-gold');
    expect(byId(ended).get('good')).toMatchObject({ correct: true });
    const letters = await grade(['--gold-check', '--verifier', 'mcq'], lines([{ id: 1, gold: 'blue' }]));
    expect(letters.code).toBe(1);
  });

  test('a verifier of one’s own is found by name; what it says that is no verdict is not taken for one', async () => {
    const env = { STAGEWRIGHT_VERIFIERS: own };
    const items = [
      { id: 1, gold: 'ab', pred: 'cd' },
      { id: 2, gold: 'ab', pred: 'c' },
    ];
    const ended = await grade(['--verifier', 'length'], lines(items), env);
    expect(ended.results.map(({ verdict }) => verdict)).toEqual(['correct', 'wrong']);
    const odd = await grade(['--verifier', 'odd'], lines(items.slice(1)), env);
    expect(odd.results).toEqual([{ id: 2, correct: false, verdict: 'ungradable', reason: 'failed', rule: 'none' }]);
    const near = await grade(['--verifier', 'lenght'], lines(items), env);
    expect([near.code, near.errors]).toEqual([2, expect.stringContaining('did you mean "length"?')]);
    const missing = await grade(['--verifier', 'length'], lines(items), {
      STAGEWRIGHT_VERIFIERS: join(folder, 'none.mjs'),
    });
    expect([missing.code, missing.errors]).toEqual([2, expect.stringContaining('cannot be loaded')]);
  });
});

test('a line that hangs, waits for ever, throws, exits or fills the memory costs itself only', async () => {
  const items = ['x', 'hang', 'x', 'never', 'throw', 'x', 'exit', 'x', 'fill', 'x'].map((pred, id) => ({
    id,
    gold: 'x',
    pred,
  }));
  // The pool with a short limit; the command's own is the same with a longer one.
  const script = `
    const { gradeStream } = await import(${JSON.stringify(join(DIST, 'workers/grading/stream.js'))});
    await gradeStream(process.stdin, process.stdout, () => undefined, { verifier: 'slow', module: ${JSON.stringify(own)}, goldCheck: false,
      threads: 2, limitMs: 2000, startMs: 60000, heapMb: 64, batchBytes: 4096, batchLines: 16 });
    process.exit(0);`;
  const ended = await run(['--input-type=module', '-e', script], lines(items), {});
  const said = byId(ended);
  const reasons = items.map(({ id }) => (said.get(id) as { reason: string | null }).reason);
  expect(reasons).toEqual([null, 'stuck', null, 'stuck', 'failed', null, 'failed', null, 'failed', null]);
  expect(ended.results.length).toBe(items.length);
  // What it prints is not among the results.
  expect(ended.errors).toContain('printed');
});
