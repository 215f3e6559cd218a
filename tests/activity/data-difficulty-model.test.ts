/** `data difficulty --generator`: the embedded model behind a server samples the rows; what was answered is not asked again. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { difficulty } from '../../cli/commands/data/difficulty.js';
import { rowSchema } from '../../core/row.js';
import { startServing, type Serving } from '../../serving/server.js';
import { trainTiny, type TinyWeights } from '../support/tiny-weights.js';
import { temporaryFolder } from './onnx-trainer-support.js';

const folder = temporaryFolder();
let tiny: TinyWeights;
let serving: Serving;
let stderr = '';
const ROWS = 12;
beforeAll(async () => {
  tiny = await trainTiny(folder);
  serving = await startServing({
    ...{ weights: tiny.weights, modelName: 'tiny', host: '127.0.0.1', port: 0, threads: 1, strict: false, key: null },
    queue: 1024,
    onError: () => undefined,
  });
  writeFileSync(
    at('generators.yaml'),
    `generators:\n  local: { base_url: "${serving.url}/v1", patience_seconds: 1, attempts: 1 }\n`,
  );
  const rows = tiny.rows.slice(0, ROWS).map(({ row }) => JSON.stringify(row));
  writeFileSync(join(tiny.data.folder, 'some.jsonl'), [...rows, '{'].map((line) => `${line}\n`).join(''));
});
afterAll(async () => {
  await serving.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  vi.stubEnv('STAGEWRIGHT_STORE', at('store'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const at = (name: string): string => join(folder, name);
const lines = (name: string): Record<string, unknown>[] =>
  readFileSync(at(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const run = (more: Record<string, string> = {}) =>
  difficulty([], {
    ...{ input: join(tiny.data.folder, 'some.jsonl'), samples: at('samples.jsonl'), out: at('out.jsonl'), k: '4' },
    ...{ generator: 'local', generators: at('generators.yaml'), model: 'tiny', revision: '1', verifier: 'math' },
    ...{ temperature: '0.7', topP: '1', maxTokens: '17', seed: '1', maxUnknown: '0.2', ...more },
  });

it('asks for K samples of each row, with its picture, and grades them', async () => {
  expect(await run()).toBe(0);
  expect(stderr).toContain(
    `${4 * ROWS} samples in ${at('samples.jsonl')}, 0 of them from the journal, 0 without an answer`,
  );
  const samples = lines('samples.jsonl');
  expect(samples.map(({ id, sample }) => `${String(id)} ${String(sample)}`)).toEqual(
    tiny.rows.slice(0, ROWS).flatMap(({ row }) => [0, 1, 2, 3].map((k) => `${row.id} ${k}`)),
  );
  expect(samples.some(({ text }) => String(text).includes('\\boxed{'))).toBe(true);
  const scored = lines('out.jsonl').map((row) => rowSchema.parse(row));
  expect(scored).toHaveLength(ROWS);
  // It learnt the form and a part of the task; samples of one row differ.
  const rates = scored.map((row) => row.pass_rate ?? -1);
  expect(new Set(rates).size).toBeGreaterThan(1);
});

it('asks nothing again: the same bytes without the server', async () => {
  const before = readFileSync(at('out.jsonl'), 'utf8');
  rmSync(at('samples.jsonl'));
  expect(await run()).toBe(0);
  expect(stderr).toContain(`${4 * ROWS} of them from the journal`);
  expect(readFileSync(at('out.jsonl'), 'utf8')).toBe(before);
});

it('says what is missing, and writes nothing when nobody answers', async () => {
  await expect(run({ generator: 'other' })).rejects.toThrow('generator "other" is not in');
  await expect(run({ model: '' })).rejects.toThrow('--model is needed');
  await expect(run({ temperature: '3' })).rejects.toThrow('temperature');
  writeFileSync(
    at('dead.yaml'),
    'generators:\n  local: { base_url: "http://127.0.0.1:9/v1", patience_seconds: 0.1, attempts: 1 }\n',
  );
  rmSync(at('samples.jsonl'));
  await expect(run({ generators: at('dead.yaml'), revision: '2' })).rejects.toMatchObject({ type: 'EndpointDown' });
  expect(() => readFileSync(at('samples.jsonl'))).toThrow('ENOENT');
});

it('a picture that cannot be read leaves its row unknown, with its reason', async () => {
  const [first] = tiny.rows.filter(({ row }) => row.images.length > 0);
  const row = { ...first?.row, images: ['images/none.png'] };
  writeFileSync(join(tiny.data.folder, 'bad.jsonl'), `${JSON.stringify(row)}\n`);
  const asked = { input: join(tiny.data.folder, 'bad.jsonl'), refused: at('refused.jsonl'), maxUnknown: '1' };
  expect(await run(asked)).toBe(0);
  expect(lines('refused.jsonl')).toMatchObject([{ reason: 'sample 0: images/none.png: there is no such file' }]);
});
