/** `stagewright data` beside what the published scripts wrote (tests/fixtures/parity/README.md): every output, byte for byte. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../cli/root.js';
import { DIST, runCli, temporaryFolder } from '../support/cli.js';

const FIXTURES = join(ROOT, 'tests', 'fixtures', 'parity');
const given = (...names: string[]): string[] => names.map((name) => join(FIXTURES, name));
const text = (...path: string[]): string => readFileSync(join(...path), 'utf8');

let out: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  out = temporaryFolder();
});
afterAll(() => out.remove());

async function data(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['data', ...args]);
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
  return stderr;
}

/** Every file of a folder, and no other. */
function sameFolder(name: string): void {
  const files = readdirSync(join(FIXTURES, name)).sort();
  expect(readdirSync(join(out.path, name)).sort()).toEqual(files);
  for (const file of files) expect(text(out.path, name, file), file).toBe(text(FIXTURES, name, file));
}

test('parse', async () => {
  const [captions = '', replies = ''] = given('captions.jsonl', 'replies.jsonl');
  const said = await data('parse', '--captions', captions, '--replies', replies, '--out', join(out.path, 'mcqs.jsonl'));
  expect(text(out.path, 'mcqs.jsonl')).toBe(text(FIXTURES, 'mcqs.jsonl'));
  expect(said).toContain('205 questions of 240 captions');
  expect(said).toContain('35 skipped');
});

test('filter', async () => {
  const said = await data(
    ...['filter', '--mode', 'paper', '--mcq', ...given('mcqs.jsonl')],
    ...['--image-preds', ...given('preds_img_7b.jsonl', 'preds_img_32b.jsonl')],
    ...['--caption-preds', ...given('preds_cap_7b.jsonl', 'preds_cap_32b.jsonl')],
    ...['--out', join(out.path, 'filtered.jsonl')],
  );
  expect(text(out.path, 'filtered.jsonl')).toBe(text(FIXTURES, 'filtered.jsonl'));
  expect(said).toContain('kept 8 of 205');
  expect(said).toContain('2 ids again; the last counts');
});

test('format', async () => {
  await data('format', '--input', ...given('filtered.jsonl'), '--out-dir', join(out.path, 'formatted'));
  sameFolder('formatted');
  await data(
    ...['format', '--input', ...given('mcqs.jsonl'), '--out-dir', join(out.path, 'formatted_all')],
    ...['--prefix', 'all', '--val-ratio', '0.2', '--test-ratio', '0.2'],
  );
  sameFolder('formatted_all');
});

test('curriculum', async () => {
  const inputs = given('passk_0.jsonl', 'passk_1.jsonl', 'passk_2.jsonl');
  await data('curriculum', '--input', ...inputs, '--out-dir', join(out.path, 'curriculum_per_stage'));
  sameFolder('curriculum_per_stage');
  await data('curriculum', '--input', ...inputs, '--out-dir', join(out.path, 'curriculum_merged'), '--merged');
  sameFolder('curriculum_merged');
  await data(
    ...['curriculum', '--input', ...given('passk_0.jsonl'), '--out-dir', join(out.path, 'curriculum_asc')],
    ...['--ascending', '--seed', '7'],
  );
  sameFolder('curriculum_asc');
});

test('letters, of every raw answer in the predictions', async () => {
  // Ids that come again, at the end of each file, are there for "the last counts": their letter is none of their answer's.

  const files = ['preds_img_7b.jsonl', 'preds_img_32b.jsonl', 'preds_cap_7b.jsonl', 'preds_cap_32b.jsonl'];
  const predictions = files.flatMap((file) => {
    const rows = text(FIXTURES, file).trim().split('\n').map(parsePrediction);
    return rows.filter(({ id }, i) => rows.findIndex((row) => row.id === id) === i);
  });
  expect(predictions.length).toBe(806);
  const child = spawn(process.execPath, [join(DIST, 'cli', 'main.js'), 'data', 'letters']);
  child.stdin.end(predictions.map(({ id, raw }) => `${JSON.stringify({ id, text: raw })}\n`).join(''));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  const code = await new Promise((done) => child.on('close', done));
  expect(code).toBe(0);
  expect(stdout).toBe(
    predictions
      .map(({ id, predicted_letter }) => `{"id": ${JSON.stringify(id)}, "letter": "${predicted_letter}"}\n`)
      .join(''),
  );
});

function parsePrediction(line: string): { id: string; raw: string; predicted_letter: string } {
  return JSON.parse(line) as ReturnType<typeof parsePrediction>;
}
