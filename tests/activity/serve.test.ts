/** The embedded model behind HTTP: what OpenAI's own client for Node and plain requests get, and how it refuses and ends. */
import { setMaxListeners } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { encode } from 'fast-png';
import OpenAI, { APIError } from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServing, type Serving, type ServingOptions } from '../../serving/server.js';
import type { LoadedRow } from '../../store/rows.js';
import { answerRows } from '../../trainers/onnx/answer.js';
import { startCli } from '../support/cli.js';
import { trainTiny, type TinyWeights } from '../support/tiny-weights.js';
import { temporaryFolder } from './onnx-trainer-support.js';
import { until } from '../support/cluster.js';

const folder = temporaryFolder();
let tiny: TinyWeights;
let serving: Serving;
let client: OpenAI;
const errors: unknown[] = [];

const start = (more: Partial<ServingOptions> = {}): Promise<Serving> =>
  startServing({
    weights: tiny.weights,
    modelName: 'tiny',
    host: '127.0.0.1',
    port: 0,
    threads: 1,
    strict: false,
    key: null,
    queue: 1024,
    onError: (error) => errors.push(error),
    ...more,
  });
const clientOf = ({ url }: Serving, apiKey = 'none'): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

beforeAll(async () => {
  tiny = await trainTiny(folder);
  serving = await start();
  client = clientOf(serving);
});
afterAll(async () => {
  await serving.close();
  rmSync(folder, { recursive: true });
  expect(errors).toEqual([]);
});

const dataUrl = (bytes: Uint8Array, type = 'image/png'): string =>
  `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
const pictureOf = ({ row }: LoadedRow): Buffer => readFileSync(join(tiny.data.folder, row.images[0] ?? ''));
const withImage = (): LoadedRow => tiny.rows.find(({ row }) => row.images.length === 1) as LoadedRow;
const wordsOf = ({ row }: LoadedRow): string => row.problem.replace('<image> ', '');

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;
const asking = (content: Params['messages'][number]['content'], more: Partial<Params> = {}): Params => ({
  model: 'tiny',
  temperature: 0,
  messages: [{ role: 'user', content: content as string }],
  ...more,
});
const shown = (text: string, url: string): OpenAI.ChatCompletionContentPart[] => [
  { type: 'image_url', image_url: { url } },
  { type: 'text', text },
];
const rowParams = (row: LoadedRow, more: Partial<Params> = {}): Params =>
  asking(row.row.images.length === 0 ? row.row.problem : shown(wordsOf(row), dataUrl(pictureOf(row))), more);
const textOf = (completion: OpenAI.ChatCompletion): string | null | undefined => completion.choices[0]?.message.content;

async function refusalOf(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw error;
}

describe('answers', () => {
  test('are those that evaluation gets for the same rows, however many ask at once', async () => {
    const expected: string[] = [];
    for await (const { words } of answerRows({
      ...tiny.weights,
      rows: tiny.rows,
      batch: 256,
      threads: 1,
      temperature: 0,
    }))
      expected.push(words.filter((word) => word !== '<eos>').join(' '));
    const completions = await Promise.all(tiny.rows.map((row) => client.chat.completions.create(rowParams(row))));
    expect(completions.map(textOf)).toEqual(expected);
    const { runs, draws } = (await (await fetch(`${serving.url}/health`)).json()) as { runs: number; draws: number };
    expect(draws).toBe(tiny.rows.length);
    expect(runs).toBeLessThan(tiny.rows.length / 2);
  });

  test('of n are n samples, the same for the same seed, and different ones for another', async () => {
    const ask = async (seed: number): Promise<(string | null)[]> =>
      (await client.chat.completions.create(rowParams(withImage(), { n: 24, seed, temperature: 1.5 }))).choices.map(
        ({ message }) => message.content,
      );
    const first = await ask(5);
    expect(new Set(first).size).toBeGreaterThan(6);
    expect(await ask(5)).toEqual(first);
    expect(await ask(6)).not.toEqual(first);
    // The first of n is what is answered alone.
    const alone = await client.chat.completions.create(rowParams(withImage(), { seed: 5, temperature: 1.5 }));
    expect(textOf(alone)).toBe(first[0]);
  });

  test('without a seed differ from request to request', async () => {
    const ask = async (): Promise<unknown> =>
      (await client.chat.completions.create(rowParams(withImage(), { n: 16, temperature: 2 }))).choices;
    expect(await ask()).not.toEqual(await ask());
  });

  test('count tokens, and are cut at max_completion_tokens, max_tokens and stop', async () => {
    const whole = await client.chat.completions.create(rowParams(withImage()));
    const words = (textOf(whole) ?? '').split(' ');
    const prompt = wordsOf(withImage()).split(' ').length + 4;
    expect(whole.choices[0]?.finish_reason).toBe('stop');
    expect(whole.usage).toEqual({
      prompt_tokens: prompt,
      completion_tokens: words.length + 1,
      total_tokens: prompt + words.length + 1,
    });
    for (const limit of [{ max_tokens: 2 }, { max_completion_tokens: 2 }]) {
      const cut = await client.chat.completions.create(rowParams(withImage(), limit));
      expect(cut.choices[0]).toMatchObject({
        finish_reason: 'length',
        message: { content: words.slice(0, 2).join(' ') },
      });
    }
    const stopped = await client.chat.completions.create(rowParams(withImage(), { stop: ['</think>'] }));
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(textOf(stopped)).toBe((textOf(whole) ?? '').split(' </think>')[0]);
  });

  test('as a stream are the same words, with usage where it is asked for', async () => {
    const whole = await client.chat.completions.create(rowParams(withImage(), { n: 2, seed: 3, temperature: 1 }));
    const stream = await client.chat.completions.create({
      ...rowParams(withImage(), { n: 2, seed: 3, temperature: 1 }),
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const finishes: unknown[] = [];
    let usage: unknown;
    let chunks = 0;
    for await (const chunk of stream) {
      chunks += 1;
      for (const { index, delta, finish_reason } of chunk.choices) {
        texts[index] += delta.content ?? '';
        if (finish_reason !== null) finishes.push(finish_reason);
      }
      if (chunk.choices.length === 0) usage = chunk.usage;
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(finishes).toEqual(whole.choices.map(({ finish_reason }) => finish_reason));
    expect(usage).toEqual(whole.usage);
    expect(chunks).toBeGreaterThan(10);
  });

  test('the models are listed', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['tiny']);
    expect((await client.models.retrieve('tiny')).owned_by).toBe('stagewright');
  });
});

describe('clients made for larger models get an answer too', () => {
  test('prose around the model’s words is left out and counted', async () => {
    const words = wordsOf(withImage());
    const prose = `Please look closely. ${words.replace(/ A /, ' A. ').toUpperCase().replace('A.', 'A.')}, thanks!`;
    const { data, response } = await client.chat.completions
      .create(
        asking(
          shown(
            prose.toLowerCase().replace(/\b([a-d])\b/g, (letter) => letter.toUpperCase()),
            dataUrl(pictureOf(withImage())),
          ),
        ),
      )
      .withResponse();
    expect(textOf(data)).toBe(textOf(await client.chat.completions.create(rowParams(withImage()))));
    expect(response.headers.get('x-stagewright-dropped-words')).toBe('4');
    expect(data).toMatchObject({ warnings: [expect.stringMatching(/^4 words/) as string] });
  });

  test('a system message, no known word at all, and a question longer than it reads', async () => {
    const both = await client.chat.completions.create({
      ...rowParams(withImage()),
      messages: [{ role: 'system', content: 'You are a helpful assistant.' }, ...rowParams(withImage()).messages],
    });
    expect(textOf(both)).toBe(textOf(await client.chat.completions.create(rowParams(withImage()))));
    expect(both).toMatchObject({ warnings: [expect.stringMatching(/1 messages were left out/) as string] });
    expect(textOf(await client.chat.completions.create(asking('What is this?')))).toEqual(expect.any(String));
    const long = `${'describe '.repeat(40)} ${withImage().row.caption ?? ''} ${wordsOf(withImage())}`;
    expect((await client.chat.completions.create(asking(long))).usage?.prompt_tokens).toBe(18);
  });

  test.each<[string, (grey: Buffer) => Promise<[Uint8Array, string]>]>([
    ['the same in colour', async (grey) => [await sharp(grey).toColourspace('srgb').png().toBuffer(), 'image/png']],
    ['the same with alpha', async (grey) => [await sharp(grey).ensureAlpha().png().toBuffer(), 'image/png']],
    ['the same as WebP', async (grey) => [await sharp(grey).webp({ lossless: true }).toBuffer(), 'image/webp']],
    [
      'the same larger',
      async (grey) => [await sharp(grey).resize(160, 160, { kernel: 'nearest' }).png().toBuffer(), 'image/png'],
    ],
  ])('a picture that is %s', async (_, made) => {
    const rows = tiny.rows.filter(({ row }) => row.images.length === 1).slice(0, 10);
    let same = 0;
    for (const row of rows) {
      const expected = textOf(await client.chat.completions.create(rowParams(row)));
      const url = dataUrl(...(await made(pictureOf(row))));
      if (textOf(await client.chat.completions.create(asking(shown(wordsOf(row), url)))) === expected) same += 1;
    }
    expect(same).toBe(rows.length);
  });

  test('a large photograph is scaled, and the answer says so', async () => {
    const jpeg = await sharp({ create: { width: 1200, height: 800, channels: 3, background: '#cc8844' } })
      .jpeg()
      .toBuffer();
    const completion = await client.chat.completions.create(asking(shown('describe', dataUrl(jpeg, 'image/jpeg'))));
    expect(completion).toMatchObject({ warnings: [expect.stringMatching(/scaled from 1200x800 to 16x16/) as string] });
  });
});

describe('refusals', () => {
  const bomb = (): string => {
    const bytes = Buffer.from(encode({ width: 16, height: 16, depth: 8, channels: 1, data: new Uint8Array(256) }));
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    return dataUrl(bytes);
  };
  test.each<[string, () => Partial<Params>, number, RegExp]>([
    ['another model', () => ({ model: 'gpt-4o' }), 404, /no model "gpt-4o" here; there is "tiny"/],
    ['no messages', () => ({ messages: [] }), 400, /messages/],
    ['no message of the user', () => ({ messages: [{ role: 'system', content: 'at' }] }), 400, /role user/],
    ['a temperature beyond 2', () => ({ temperature: 3 }), 400, /temperature/],
    ['top_p where it matters', () => ({ temperature: 1, top_p: 0.5 }), 400, /top_p is 0.5/],
    ['more samples than a run takes', () => ({ n: 65 }), 400, /n: /],
    ['tools', () => ({ tools: [{ type: 'function', function: { name: 'f' } }] }), 400, /calls no tools/],
    ['log-probabilities', () => ({ logprobs: true }), 400, /log-probabilities/],
    ['JSON mode', () => ({ response_format: { type: 'json_object' } }), 400, /only text/],
    ['an address', () => asking(shown('at', 'http://127.0.0.1/a.png')), 400, /data URL.*fetches no addresses/],
    ['a file', () => asking(shown('at', 'file:///etc/passwd')), 400, /data URL/],
    ['a text as picture', () => asking(shown('at', dataUrl(Buffer.from('hello')))), 400, /the image cannot be read/],
    ['an empty picture', () => asking(shown('at', 'data:image/png;base64,')), 400, /empty/],
    [
      'a picture cut short',
      () => asking(shown('at', dataUrl(pictureOf(withImage()).subarray(0, 60)))),
      400,
      /cannot be read/,
    ],
    ['a decompression bomb', () => asking(shown('at', bomb())), 400, /pixel limit/],
    [
      'two pictures',
      () => asking([...shown('at', dataUrl(pictureOf(withImage()))), ...shown('at', dataUrl(pictureOf(withImage())))]),
      400,
      /sees one image/,
    ],
  ])('%s', async (_, params, status, message) => {
    const refusal = await refusalOf(client.chat.completions.create({ ...asking('describe'), ...params() }));
    expect(refusal.status).toBe(status);
    expect(refusal.message).toMatch(message);
  });

  const post = (url: string, body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers: { 'content-type': type } });

  test.each([
    ['broken JSON', '{"model":', 400, 'application/json'],
    ['no object', '[]', 400, 'application/json'],
    ['a form, as any page may send', '{}', 415, 'text/plain'],
    ['a body beyond the limit', JSON.stringify({ model: 'x'.repeat(33 * 2 ** 20) }), 413, 'application/json'],
  ])('%s', async (_, body, status, type) => {
    const response = await post(serving.url, body, type);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String) as string, type: expect.any(String) as string },
    });
  });

  test('another path', async () => {
    const response = await fetch(`${serving.url}/v1/embeddings`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: 'no POST /v1/embeddings here' } });
  });

  test('a client without the key', async () => {
    const guarded = await start({ key: 'secret-key' });
    expect((await refusalOf(clientOf(guarded, 'other').models.list())).status).toBe(401);
    expect((await fetch(`${guarded.url}/v1/models`)).status).toBe(401);
    expect((await clientOf(guarded, 'secret-key').models.list()).data).toHaveLength(1);
    expect((await fetch(`${guarded.url}/health`)).status).toBe(200);
    await guarded.close();
  });

  test('strict: unknown words, too many, other pictures and other messages', async () => {
    const strict = await start({ strict: true });
    const of = clientOf(strict).chat.completions;
    expect(textOf(await of.create(rowParams(withImage())))).toBe(
      textOf(await client.chat.completions.create(rowParams(withImage()))),
    );
    const larger = dataUrl(await sharp(pictureOf(withImage())).resize(32, 32).png().toBuffer());
    for (const [params, message] of [
      [asking('at the'), /does not know the word "the"/],
      [asking('at '.repeat(19)), /19 words; the model takes 18/],
      [asking('  '), /no words/],
      [asking(shown('describe', larger)), /32x32; it must be 16x16/],
      [
        {
          ...asking('describe'),
          messages: [
            { role: 'system', content: 'at' },
            { role: 'user', content: 'at' },
          ],
        },
        /one message/,
      ],
    ] as [Params, RegExp][]) {
      const refusal = await refusalOf(of.create(params));
      expect(refusal.status).toBe(400);
      expect(refusal.message).toMatch(message);
    }
    await strict.close();
  });

  test('more than may wait: 429 with the time to come again, and the others are answered', async () => {
    const small = await start({ queue: 64 });
    const calls = Array.from({ length: 12 }, (_, seed) =>
      fetch(`${small.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asking('describe', { n: 32, seed, temperature: 1 })),
      }),
    );
    const responses = await Promise.all(calls);
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThan(1);
    expect(refused.length + responses.filter(({ status }) => status === 200).length).toBe(12);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused[0]?.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    await small.close();
  });
});

test('a client that goes away leaves nothing behind', async () => {
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const calls = Array.from({ length: 20 }, () =>
    client.chat.completions.create(rowParams(withImage(), { n: 64, temperature: 1 }), { signal: abort.signal }),
  );
  setTimeout(() => abort.abort(), 50);
  await Promise.allSettled(calls);
  // The server hears of it a moment later; what it has begun by then is ended first. The test's own limit ends a wait in vain.
  await until(async () => ((await (await fetch(`${serving.url}/health`)).json()) as { waiting: number }).waiting === 0);
  expect((await client.chat.completions.create(rowParams(withImage()))).choices).toHaveLength(1);
});

describe('the command', () => {
  const serveTiny = (args: string[] = [], env: Record<string, string> = {}) =>
    startCli(['serve', tiny.folder, '--port', '0', '--model-name', 'tiny', ...args], { env });
  async function addressOf({ child, ended }: ReturnType<typeof startCli>): Promise<string> {
    return Promise.race([
      new Promise<string>((resolve) => child.stdout?.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()))),
      ended.then(({ stderr }) => {
        throw new Error(stderr);
      }),
    ]);
  }

  test('serves an export’s folder on this machine only, and on SIGTERM answers what was asked', async () => {
    const running = serveTiny();
    const address = await addressOf(running);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    const served = new OpenAI({ baseURL: address, apiKey: 'none', maxRetries: 0 });
    const expected = textOf(await client.chat.completions.create(rowParams(withImage())));
    expect(textOf(await served.chat.completions.create(rowParams(withImage())))).toBe(expected);
    const under = Array.from({ length: 8 }, () =>
      served.chat.completions.create(rowParams(withImage(), { n: 64, temperature: 1 })),
    );
    const first = await Promise.race(under);
    expect(first.choices).toHaveLength(64);
    running.child.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('ending');
    for (const outcome of await Promise.allSettled(under))
      if (outcome.status === 'fulfilled') expect(outcome.value.choices).toHaveLength(64);
      else expect((outcome.reason as APIError).status).toBe(503);
  });

  test('asks for the key of its environment, which it never prints', async () => {
    const running = serveTiny([], { STAGEWRIGHT_SERVE_KEY: 'not-to-be-seen-1234' });
    const address = await addressOf(running);
    expect((await fetch(`${address}/models`)).status).toBe(401);
    running.child.kill('SIGTERM');
    const { stdout, stderr } = await running.ended;
    expect(stdout + stderr).not.toContain('not-to-be-seen');
  });

  test('a client that holds a connection open does not hold it', async () => {
    const running = serveTiny();
    const { port } = new URL(await addressOf(running));
    const idle = connect(Number(port), '127.0.0.1');
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.once('connect', resolve));
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  test.each([
    [['serve', 'nowhere'], /nowhere is no folder with model.safetensors/],
    [['serve', '.', '--port', '70000'], /--port is "70000"|no stage/],
    [['serve', '.', '--threads', 'two'], /--threads is "two"|no stage/],
  ])('%s is refused', async (args, message) => {
    const { code, stderr } = await startCli(
      args.map((arg) => (arg === '.' ? tiny.folder : arg)),
      {
        env: { STAGEWRIGHT_STORE: folder },
      },
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('a port that is taken is said', async () => {
    const { code, stderr } = await startCli(['serve', tiny.folder, '--port', new URL(serving.url).port]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  });
});
