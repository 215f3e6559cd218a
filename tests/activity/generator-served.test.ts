/** Servers that the worker starts: `stagewright serve` itself, asked, killed and frozen in the middle; servers that never work. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GenerationRequest, Outcome } from '../../core/generation.js';
import { parseGenerators } from '../../generators/configuration-file.js';
import type { Generator, ImageSource } from '../../generators/generator.js';
import { createOnnxGenerator } from '../../generators/onnx.js';
import { servedGenerator, type ServedOptions } from '../../generators/served.js';
import { MARKER_VARIABLE, processesOf, sweep } from '../../runner/processes.js';
import { sha256OfBytes } from '../../trainers/onnx/digest.js';
import { DIST } from '../support/cli.js';
import { trainTiny, type TinyWeights } from '../support/tiny-weights.js';
import { temporaryFolder } from './onnx-trainer-support.js';

const folder = temporaryFolder();
let tiny: TinyWeights;
const pictures = new Map<string, Uint8Array>();
const images: ImageSource = {
  read: async (name) => ({ bytes: pictures.get(name) as Uint8Array, media_type: 'image/png' }),
};
let batch: GenerationRequest[];
let expected: Outcome[];

beforeAll(async () => {
  tiny = await trainTiny(folder);
  batch = Array.from({ length: 8 }, (_, seed) =>
    tiny.rows.map(({ row }): GenerationRequest => ({
      messages: [
        {
          role: 'user',
          content: [
            ...row.images.map((path) => {
              const bytes = readFileSync(join(tiny.data.folder, path));
              const sha256 = sha256OfBytes(bytes);
              pictures.set(sha256, bytes);
              return { type: 'image' as const, sha256 };
            }),
            { type: 'text', text: row.problem },
          ],
        },
      ],
      sampling: { temperature: 1, top_p: 1, max_tokens: 64 },
      seed,
      sample: 0,
    })),
  ).flat();
  const identity = { kind: 'onnx', weights: 'a'.repeat(64), model_sha256: tiny.weights.modelSha256 } as const;
  const embedded = await createOnnxGenerator({ ...tiny.weights, identity, threads: 1 });
  expected = await outcomesOf(embedded);
  await embedded.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const marker = randomUUID();
const events: string[] = [];
let opened: Generator | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  // Whatever a test did: nothing of a server is left after close.
  expect(processesOf(marker)).toEqual([]);
  events.length = 0;
});
afterAll(async () => void (await sweep(marker)));

async function open(command: string[], more: object = {}, options: Partial<ServedOptions> = {}): Promise<Generator> {
  const text = JSON.stringify({ generators: { reader: { command, start_seconds: 60, ...more } } });
  const settings = parseGenerators(text, 'generators.yaml').generators['reader'];
  if (settings?.kind !== 'served') throw new Error('unreachable: another kind');
  opened = await servedGenerator({
    name: 'reader',
    identity: { kind: 'endpoint', model: 'tiny', revision: '1' },
    settings,
    env: process.env,
    environment: { [MARKER_VARIABLE]: marker },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return opened;
}
const SERVE = (): string[] => [
  ...[process.execPath, join(DIST, 'cli', 'main.js'), 'serve', tiny.folder],
  ...['--port', '{port}', '--model-name', '{model}'],
];

async function outcomesOf(
  generator: Generator,
  {
    of = batch,
    onAnswer,
    signal = new AbortController().signal,
  }: {
    of?: GenerationRequest[];
    onAnswer?: (count: number) => void;
    signal?: AbortSignal;
  } = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let count = 0;
  for await (const { index, outcome } of generator.answer(of, { images, signal })) {
    expect(outcomes[index]).toBeUndefined();
    // An empty answer is told in other words by each.
    outcomes[index] = outcome.kind === 'unknown' ? { ...outcome, message: '' } : outcome;
    onAnswer?.((count += 1));
  }
  return outcomes;
}

function pidOfServer(): number {
  const found = processesOf(marker).find(({ argv }) => argv.includes('serve') && !argv[1]?.includes('guard'));
  if (found === undefined) throw new Error('no server runs');
  return found.pid;
}
const restartsSeen = (): number => events.filter((event) => event.includes('at work')).length - 1;

describe('stagewright serve, started by the worker', () => {
  test('answers as the embedded model in process; starts at the first question and is gone after close', async () => {
    const generator = await open(SERVE());
    expect(processesOf(marker)).toEqual([]);
    expect(await outcomesOf(generator)).toEqual(expected);
    expect(restartsSeen()).toBe(0);
    // Two batches at once share it.
    const half = batch.slice(0, 60);
    const [one, two] = await Promise.all([outcomesOf(generator, { of: half }), outcomesOf(generator, { of: half })]);
    expect([one, two]).toEqual([expected.slice(0, 60), expected.slice(0, 60)]);
    expect(
      processesOf(marker).filter(({ argv }) => argv.includes('serve') && !argv[1]?.includes('guard')),
    ).toHaveLength(1);
    expect(generator.spent().requests).toBeGreaterThanOrEqual(batch.length + 120);
  });

  test('killed twice in the middle: started again, every question answered once, the same answers', async () => {
    const generator = await open(SERVE());
    const outcomes = await outcomesOf(generator, {
      onAnswer: (count) => {
        if (count === 100 || count === 300) process.kill(pidOfServer(), 'SIGKILL');
      },
    });
    expect(outcomes).toEqual(expected);
    expect(restartsSeen()).toBe(2);
    expect(events.join('\n')).toMatch(/it ended with/);
    expect(events.join('\n')).toMatch(/\d+ tokens, [\d.]+ a second/);
  });

  test('frozen in the middle: no token for a while is a stall, and it is started again', async () => {
    const generator = await open(SERVE(), { stall_seconds: 3, stop_seconds: 1 });
    const outcomes = await outcomesOf(generator, {
      onAnswer: (count) => {
        if (count === 50) process.kill(pidOfServer(), 'SIGSTOP');
      },
    });
    expect(outcomes).toEqual(expected);
    expect(restartsSeen()).toBe(1);
    expect(events.join('\n')).toMatch(/no token in 3 s while questions wait/);
  });

  test('killed more often than its budget allows: EndpointDown; what was answered stands, and a retry begins anew', async () => {
    const generator = await open(SERVE(), { restarts: 1 });
    let answered = 0;
    await expect(
      outcomesOf(generator, {
        onAnswer: (count) => {
          answered = count;
          if (count === 40 || count === 80) process.kill(pidOfServer(), 'SIGKILL');
        },
      }),
    ).rejects.toMatchObject({ type: 'EndpointDown', message: expect.stringMatching(/failed 2 times/) as string });
    expect(answered).toBeGreaterThanOrEqual(80);
    expect(await outcomesOf(generator, { of: batch.slice(0, 10) })).toEqual(expected.slice(0, 10));
  });

  test('an abort ends the asking at once and leaves the server to others', async () => {
    const generator = await open(SERVE());
    const abort = new AbortController();
    await expect(
      outcomesOf(generator, { signal: abort.signal, onAnswer: (count) => void (count === 20 && abort.abort()) }),
    ).rejects.toThrow(/abort/i);
    expect(await outcomesOf(generator, { of: batch.slice(0, 5) })).toEqual(expected.slice(0, 5));
    expect(restartsSeen()).toBe(0);
  });

  test('its worker killed: nothing of the server is left', async () => {
    const script = join(folder, 'worker.mjs');
    writeFileSync(
      script,
      `const { servedGenerator } = await import(${JSON.stringify(join(DIST, 'generators', 'served.js'))});
       const { parseGenerators } = await import(${JSON.stringify(join(DIST, 'generators', 'configuration-file.js'))});
       const text = ${JSON.stringify(JSON.stringify({ generators: { reader: { command: SERVE() } } }))};
       const generator = await servedGenerator({
         name: 'reader', identity: { kind: 'endpoint', model: 'tiny', revision: '1' },
         settings: parseGenerators(text, 'f').generators.reader, env: process.env,
       });
       const question = { messages: [{ role: 'user', content: [{ type: 'text', text: 'describe' }] }],
         sampling: { temperature: 0, top_p: 1, max_tokens: 64 }, seed: 0, sample: 0 };
       for await (const answer of generator.answer([question], { signal: new AbortController().signal })) console.log('answered');
       setInterval(() => {}, 1000);`,
    );
    const worker = spawn(process.execPath, [script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, [MARKER_VARIABLE]: marker },
    });
    await once(worker.stdout, 'data');
    expect(pidOfServer()).toBeGreaterThan(0);
    worker.kill('SIGKILL');
    for (let tries = 0; tries < 400 && processesOf(marker).length > 0; tries++) await delay(50);
    expect(processesOf(marker)).toEqual([]);
  });
});

/** A server of a few lines. */
const node = (script: string): string[] => [process.execPath, '-e', script, '{port}'];
const one = (): GenerationRequest[] => batch.slice(0, 1);
const HEALTHY = `require('node:http').createServer((q, r) => { if (q.url === '/health') r.end('ok'); else HANDLE }).listen(Number(process.argv[1]), '127.0.0.1');`;

describe('servers that never work end as EndpointDown that says why', () => {
  test.each<[string, string[], object, RegExp]>([
    ['no such program', ['/no/such/program'], {}, /failed 2 times.*ENOENT/s],
    [
      'one that dies at once',
      node("console.error('CUDA out of memory'); process.exit(3)"),
      {},
      /code 3.*CUDA out of memory/s,
    ],
    [
      'one that is never ready',
      node('setInterval(() => {}, 1000)'),
      { start_seconds: 1 },
      /\/health is not 200 after 1 s/,
    ],
    [
      'health 200 while completions hang',
      node(HEALTHY.replace('HANDLE', '{}')),
      { timeout_seconds: 1 },
      /no reply in time/,
    ],
    [
      'health 200 while completions fail',
      node(HEALTHY.replace('HANDLE', '{ r.statusCode = 500; r.end("boom") }')),
      {},
      /HTTP 500 boom/,
    ],
    ['HTML in place of a completion', node(HEALTHY.replace('HANDLE', 'r.end("<html>")')), {}, /is none: <html>/],
    [
      'one that refuses the model',
      node(HEALTHY.replace('HANDLE', '{ r.statusCode = 404; r.end("no model") }')),
      {},
      /refused: HTTP 404 no model/,
    ],
  ])('%s', async (_, command, more, message) => {
    const generator = await open(command, { restarts: 1, stop_seconds: 1, ...more });
    await expect(outcomesOf(generator, { of: one() })).rejects.toMatchObject({
      type: 'EndpointDown',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a port that somebody else has: it is not asked in its place', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const generator = await open(SERVE(), { port, restarts: 0 });
    await expect(outcomesOf(generator, { of: one() })).rejects.toThrow(new RegExp(`port ${port} cannot be had`));
    other.close();
  });

  test('a model without eyes is at work when it answers words', async () => {
    const reply = JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
    const handle = `{ let b = ''; q.on('data', (d) => b += d).on('end', () => { r.statusCode = b.includes('image_url') ? 400 : 200; r.setHeader('content-type', 'application/json'); r.end(r.statusCode === 400 ? '{"error":{"message":"no images"}}' : ${JSON.stringify(reply)}); }) }`;
    const generator = await open(node(HEALTHY.replace('HANDLE', handle)));
    const words = {
      ...(batch[0] as GenerationRequest),
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'at' }] }],
    };
    expect(await outcomesOf(generator, { of: [words] })).toMatchObject([{ kind: 'answer', answer: { text: 'A' } }]);
  });
});

test('one that ignores SIGTERM, with a child of its own, is gone after close', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); ${HEALTHY.replace('HANDLE', '{ r.setHeader("content-type", "application/json"); r.end(JSON.stringify({ choices: [{ message: { content: "A" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1 } })) }')}`;
  const generator = await open(node(stubborn), { stop_seconds: 1 });
  await outcomesOf(generator, { of: one() });
  expect(processesOf(marker).length).toBeGreaterThanOrEqual(3);
  await generator.close();
  expect(processesOf(marker)).toEqual([]);
});

test('devices that nobody leased for it are not taken', async () => {
  await expect(open(SERVE(), { devices: 1 })).rejects.toMatchObject({ type: 'SettingsMissing' });
  const leased = await open(
    node("console.error('sees ' + process.env.CUDA_VISIBLE_DEVICES); process.exit(1)"),
    { devices: 1, restarts: 0 },
    {
      environment: { [MARKER_VARIABLE]: marker, CUDA_VISIBLE_DEVICES: '3' },
    },
  );
  await expect(outcomesOf(leased, { of: one() })).rejects.toThrow(/sees 3/);
});
