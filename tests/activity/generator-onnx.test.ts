/** The embedded model as a generator: what it answers, what it refuses to be asked, and what an answer does not depend on. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOnnxGenerator } from '../../generators/onnx.js';
import type { Generator, ImageSource } from '../../generators/generator.js';
import type { GenerationRequest, Outcome, Part } from '../../core/generation.js';
import { StagewrightError } from '../../core/failures.js';
import { loadRows, type LoadedRow } from '../../store/rows.js';
import { answerRows } from '../../trainers/onnx/answer.js';
import { sha256OfBytes } from '../../trainers/onnx/digest.js';
import { train } from '../../trainers/onnx/train.js';
import { makeData, makeJob, modelOf, sha256, temporaryFolder } from './onnx-trainer-support.js';

const folder = temporaryFolder();
const ROWS = 150;
let rows: LoadedRow[];
let generator: Generator;
let weights: { modelFolder: string; modelSha256: string; weightsFile: string; weightsSha256: string };
const pictures = new Map<string, Uint8Array>();

const images: ImageSource = {
  read: async (name) => {
    const bytes = pictures.get(name);
    if (bytes === undefined) throw new Error(`no image ${name}`);
    return { bytes, media_type: 'image/png' };
  },
};

beforeAll(async () => {
  const data = await makeData(join(folder, 'data'), { count: ROWS, mix: { at: 2, largest: 1, text_sum: 1 } });
  rows = await loadRows(data.folder);
  const job = makeJob(join(folder, 'run'), data, {
    sft: { steps: 30, learning_rate: 2e-2, batch_size: 16 },
    more: { save_every_steps: 30 },
  });
  await train(job);
  const weightsFile = join(job.output.checkpoints, 'step-30', 'weights.safetensors');
  const model = modelOf('tiny');
  weights = { modelFolder: model.folder, modelSha256: model.sha256, weightsFile, weightsSha256: sha256(weightsFile) };
  generator = await open(1);
  for (const { row } of rows) for (const path of row.images) addPicture(readFileSync(join(data.folder, path)));
});
afterAll(async () => {
  await generator.close();
  rmSync(folder, { recursive: true });
});

const open = (threads: number): Promise<Generator> =>
  createOnnxGenerator({
    ...weights,
    identity: { kind: 'onnx', weights: 'a'.repeat(64), model_sha256: weights.modelSha256 },
    threads,
  });

function addPicture(bytes: Uint8Array): string {
  const name = sha256OfBytes(bytes);
  pictures.set(name, bytes);
  return name;
}

type Settings = Partial<GenerationRequest['sampling']> & { seed?: number; sample?: number };

const ask = (content: Part[], { seed = 1, sample = 0, ...sampling }: Settings = {}): GenerationRequest => ({
  messages: [{ role: 'user', content }],
  sampling: { temperature: 0, top_p: 1, max_tokens: 512, ...sampling },
  seed,
  sample,
});

const dataOf = (row: LoadedRow['row'], path: string): string => sha256(join(folder, 'data', path));
const partsOf = ({ row }: LoadedRow): Part[] => [
  ...row.images.map((path): Part => ({ type: 'image', sha256: dataOf(row, path) })),
  { type: 'text', text: row.problem },
];

async function outcomesOf(batch: GenerationRequest[], of = generator): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const { index, outcome } of of.answer(batch, { images, signal: new AbortController().signal })) {
    expect(outcomes[index]).toBeUndefined();
    outcomes[index] = outcome;
  }
  expect(outcomes).toHaveLength(batch.length);
  return outcomes;
}
const textOf = (outcome: Outcome | undefined): string => {
  if (outcome?.kind !== 'answer') throw new Error(`no answer: ${JSON.stringify(outcome)}`);
  return outcome.answer.text;
};

describe('answers', () => {
  test('greedy ones are those that evaluation gives the same rows', async () => {
    const expected: string[] = [];
    const answers = answerRows({ ...weights, rows, batch: 256, threads: 1, temperature: 0 });
    for await (const { words } of answers) expected.push(words.filter((word) => word !== '<eos>').join(' '));
    const outcomes = await outcomesOf(rows.map((row) => ask(partsOf(row))));
    expect(outcomes.map(textOf)).toEqual(expected);
    // Not all the same answer, or the comparison says little.
    expect(new Set(expected).size).toBeGreaterThan(3);
  });

  test.each([0, 0.7, 2])('at temperature %d do not depend on batch, order, threads or process', async (temperature) => {
    const batch = rows.map((row, i) => ask(partsOf(row), { temperature, seed: 7, sample: i % 3 }));
    const together = await outcomesOf(batch);
    const alone: Outcome[] = [];
    for (const request of batch.slice(0, 12)) alone.push(...(await outcomesOf([request])));
    expect(alone).toEqual(together.slice(0, 12));
    const other = await open(2);
    expect((await outcomesOf([...batch].reverse(), other)).reverse()).toEqual(together);
    await other.close();
  });

  test('mixed with greedy ones of the same run stay what they are', async () => {
    const content = partsOf(rows[0] as LoadedRow);
    const mixed = [ask(content), ask(content, { temperature: 1 }), ask(content, { temperature: 2 })];
    const apart = (await Promise.all(mixed.map((request) => outcomesOf([request])))).flat();
    expect(await outcomesOf(mixed)).toEqual(apart);
  });

  test('of other samples and other seeds differ; the same are the same', async () => {
    const content = partsOf(rows[0] as LoadedRow);
    const draw = async (more: Settings): Promise<string[]> =>
      (
        await outcomesOf(Array.from({ length: 40 }, (_, sample) => ask(content, { temperature: 1.5, sample, ...more })))
      ).map(textOf);
    const first = await draw({ seed: 1 });
    expect(new Set(first).size).toBeGreaterThan(10);
    expect(await draw({ seed: 1 })).toEqual(first);
    expect(await draw({ seed: 2 })).not.toEqual(first);
  });

  test('are drawn as often as the model says: a low temperature is nearly greedy', async () => {
    const content = partsOf(rows[0] as LoadedRow);
    const greedy = textOf((await outcomesOf([ask(content)]))[0]);
    const cold = await outcomesOf(
      Array.from({ length: 30 }, (_, sample) => ask(content, { temperature: 0.001, sample })),
    );
    expect(new Set(cold.map(textOf))).toEqual(new Set([greedy]));
  });

  test('count tokens, end where the model ends, and are cut at max_tokens', async () => {
    const content = partsOf(rows.find(({ row }) => row.images.length === 1) as LoadedRow);
    const [whole, cut] = await outcomesOf([ask(content), ask(content, { max_tokens: 3 })]);
    const words = content.flatMap((part) => (part.type === 'text' ? part.text.split(' ') : [])).length - 1;
    const text = textOf(whole).split(' ');
    expect(whole).toMatchObject({
      answer: { finish_reason: 'stop', prompt_tokens: words + 4, completion_tokens: text.length + 1 },
    });
    expect(cut).toEqual({
      kind: 'answer',
      answer: {
        text: text.slice(0, 3).join(' '),
        finish_reason: 'length',
        prompt_tokens: words + 4,
        completion_tokens: 3,
      },
    });
    expect(generator.spent().requests).toBeGreaterThan(0);
  });
});

describe('what it cannot be asked is unknown with the reason', () => {
  const png = (side: number, channels: 1 | 3): string =>
    addPicture(encode({ width: side, height: side, depth: 8, channels, data: new Uint8Array(side * side * channels) }));
  const text = (words: string): Part => ({ type: 'text', text: words });
  const image = (name: string): Part => ({ type: 'image', sha256: name });
  const bomb = (): string => {
    const bytes = Buffer.from(encode({ width: 16, height: 16, depth: 8, channels: 1, data: new Uint8Array(256) }));
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    return addPicture(bytes);
  };

  test.each<[string, () => Part[], string, RegExp]>([
    [
      'a word outside the vocabulary',
      () => [text('at top-left of the')],
      'bad_request',
      /unknown word "of" \(word 3\)/,
    ],
    ['no words', () => [text(' ')], 'bad_request', /no words/],
    ['too many words', () => [text('at '.repeat(19))], 'too_long', /19 words; the embedded model takes 18/],
    ['an image of another size', () => [text('describe'), image(png(8, 1))], 'bad_image', /8x8.*16x16/],
    ['an image in colour', () => [text('describe'), image(png(16, 3))], 'bad_image', /3 channels/],
    ['a header that promises more', () => [text('describe'), image(bomb())], 'bad_image', /60000x60000/],
    ['no image at all', () => [text('describe'), image(addPicture(Buffer.from('hello')))], 'bad_image', /no PNG/],
    ['an image that is not there', () => [text('describe'), image('f'.repeat(64))], 'bad_image', /no image/],
    ['two images', () => [text('describe'), image(png(16, 1)), image(png(16, 1))], 'bad_request', /2 images/],
  ])('%s', async (_, content, reason, message) => {
    const sound = partsOf(rows[1] as LoadedRow);
    const [bad, good] = await outcomesOf([ask(content()), ask(sound)]);
    expect(bad).toMatchObject({ kind: 'unknown', reason, message: expect.stringMatching(message) as string });
    expect(good).toEqual((await outcomesOf([ask(sound)]))[0]);
  });

  test('top_p, where it would matter', async () => {
    const content = partsOf(rows[0] as LoadedRow);
    const [drawn, greedy] = await outcomesOf([
      ask(content, { temperature: 1, top_p: 0.9 }),
      ask(content, { temperature: 0, top_p: 0.9 }),
    ]);
    expect(drawn).toMatchObject({ reason: 'bad_request', message: expect.stringMatching(/top_p is 0.9/) as string });
    expect(greedy?.kind).toBe('answer');
  });

  test('several messages, or one that is not the user’s', async () => {
    const request = ask([text('describe')]);
    const system = { role: 'system' as const, content: [text('describe')] };
    const outcomes = await outcomesOf([
      { ...request, messages: [system] },
      { ...request, messages: [system, ...request.messages] },
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: 'bad_request' });
  });
});

test('a store that is away is no bad image', async () => {
  const away: ImageSource = {
    read: () => Promise.reject(new StagewrightError('StoreUnreachable', 'the store does not answer')),
  };
  const batch = [
    ask([
      { type: 'text', text: 'describe' },
      { type: 'image', sha256: 'e'.repeat(64) },
    ]),
  ];
  const answers = generator.answer(batch, { images: away, signal: new AbortController().signal });
  await expect(answers[Symbol.asyncIterator]().next()).rejects.toMatchObject({ type: 'StoreUnreachable' });
});

test('an abort ends it between two runs', async () => {
  const abort = new AbortController();
  const batch = Array.from({ length: 200 }, () => ask([{ type: 'text', text: 'describe' }]));
  const seen: number[] = [];
  await expect(async () => {
    for await (const { index } of generator.answer(batch, { images, signal: abort.signal })) {
      seen.push(index);
      abort.abort();
    }
  }).rejects.toThrow(/abort/i);
  expect(seen.length).toBeLessThanOrEqual(64);
});

test('other bytes than the plan’s are refused', async () => {
  const identity = { kind: 'onnx', weights: 'a'.repeat(64), model_sha256: weights.modelSha256 } as const;
  await expect(
    createOnnxGenerator({ ...weights, weightsSha256: 'b'.repeat(64), identity, threads: 1 }),
  ).rejects.toMatchObject({ type: 'DigestMismatch' });
});
