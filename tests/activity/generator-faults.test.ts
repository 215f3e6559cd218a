/**
 * A real HTTP server that misbehaves in each way that servers were seen to: each question gets its right answer or is unknown with a
 * reason, after a bounded number of tries, or the endpoint is down. Never an answer that the server did not mean.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { StagewrightError } from '../../core/failures.js';
import type { GenerationRequest, Outcome } from '../../core/generation.js';
import type { EndpointConfiguration } from '../../generators/configuration.js';
import { parseGenerators } from '../../generators/configuration-file.js';
import type { AnswerOptions, Generator } from '../../generators/generator.js';
import { ImageFault } from '../../generators/image-fault.js';
import { endpointGenerator } from '../../generators/openai.js';
import { openGenerator } from '../../generators/registry.js';
import { storeAt } from '../../store/store.js';
import { FAULTS, startStandIn, type StandIn, type StandInOptions } from '../support/stand-in-server.mjs';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const identity = { kind: 'endpoint', model: 'stand-in', revision: '1' } as const;
const ATTEMPTS = 4;

interface Stage {
  readonly server: StandIn;
  readonly generator: Generator;
}
async function stage(decide: NonNullable<StandInOptions['decide']>, more: object = {}): Promise<Stage> {
  const server = await startStandIn({ decide });
  const generator = generatorFor(server.baseUrl, more);
  open.push(server, generator);
  return { server, generator };
}
function generatorFor(base_url: string, more: object = {}): Generator {
  const entry = {
    base_url,
    attempts: ATTEMPTS,
    timeout_seconds: 60,
    patience_seconds: 60,
    back_off: { first_seconds: 0.002, most_seconds: 0.05 },
    ...more,
  };
  const parsed = parseGenerators(JSON.stringify({ generators: { g: entry } }), 'test').generators['g'];
  return endpointGenerator({ name: 'g', identity, settings: parsed as EndpointConfiguration, apiKey: null });
}

const request = (text: string, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  sampling: { temperature: 0, top_p: 1, max_tokens: 16 },
  seed: 1,
  sample: 0,
  ...more,
});
const questions = (count: number): GenerationRequest[] => Array.from({ length: count }, (_, i) => request(`q${i}`));
/** For an endpoint that is to be found down, or to hang. */
const HASTY = { timeout_seconds: 0.4, patience_seconds: 0.6 };
const PATIENT = { timeout_seconds: 0.4 };
const isRow = (n: number) => (text: string) => text === `q${n}`;

interface Result {
  /** By index. */
  readonly outcomes: (Outcome | undefined)[];
  readonly error: unknown;
}
async function askOf(
  generator: Generator,
  batch: GenerationRequest[],
  more: Partial<AnswerOptions> = {},
): Promise<Result> {
  const outcomes: (Outcome | undefined)[] = batch.map(() => undefined);
  const options = {
    images: { read: () => Promise.reject(new ImageFault('missing', 'x.png')) },
    signal: new AbortController().signal,
    ...more,
  };
  try {
    for await (const { index, outcome } of generator.answer(batch, options)) {
      expect(outcomes[index]).toBeUndefined();
      outcomes[index] = outcome;
    }
    return { outcomes, error: null };
  } catch (error) {
    return { outcomes, error };
  }
}

/** Right, or unknown for a reason: nothing between. */
function expectHonest(outcomes: readonly (Outcome | undefined)[]): void {
  for (const [i, outcome] of outcomes.entries())
    if (outcome?.kind === 'answer') expect(outcome.answer.text).toBe(`re: q${i}`);
    else if (outcome !== undefined) expect(outcome.message).not.toBe('');
}
const triesOf = (server: StandIn, text: string): number =>
  server.requests.filter((one) => one.text.includes(`"${text}"`)).length;

describe('A server that is well', () => {
  it('is asked each question once, with all that the question says, and its tokens are counted', async () => {
    const { server, generator } = await stage(() => null, {
      price: { currency: 'USD', prompt_million: 1_000, completion_million: 2_000 },
    });
    const { outcomes, error } = await askOf(generator, questions(30));
    expect(error).toBeNull();
    expect(outcomes.every((one) => one?.kind === 'answer')).toBe(true);
    expectHonest(outcomes);
    const asked = server.requests.filter(({ text }) => !text.includes('Reply with OK.'));
    expect(asked).toHaveLength(30);
    expect(new Set(asked.map(({ hash }) => hash)).size).toBe(30);
    expect(JSON.parse(asked[0]?.text ?? '')).toEqual({
      model: 'stand-in',
      messages: [{ role: 'user', content: 'q0' }],
      ...{ temperature: 0, top_p: 1, max_tokens: 16, n: 1, seed: 1 },
    });
    expect(asked[0]?.key).toBeNull();
    expect(generator.spent()).toMatchObject({ requests: 31, prompt_tokens: 300, completion_tokens: 150 });
    expect(generator.spent().cost).toBeCloseTo(0.6);
  });

  it('is given images as data URLs, a seed for each sample, and the key of the worker', async () => {
    const server = await startStandIn();
    const generator = endpointGenerator({
      name: 'g',
      identity,
      settings: parseGenerators(
        JSON.stringify({ generators: { g: { base_url: server.baseUrl, max_tokens_name: 'max_completion_tokens' } } }),
        'test',
      ).generators['g'] as EndpointConfiguration,
      apiKey: 'a-key-of-the-worker',
    });
    open.push(server, generator);
    const bytes = Buffer.from('picture');
    const withImage = (sample: number): GenerationRequest => ({
      ...request('what?'),
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
        {
          role: 'user',
          content: [
            { type: 'image', sha256: 'a'.repeat(64) },
            { type: 'text', text: 'what?' },
          ],
        },
      ],
      sample,
    });
    const images = { read: () => Promise.resolve({ bytes, media_type: 'image/png' as const }) };
    await askOf(generator, [withImage(0), withImage(1)], { images });
    const [first, second] = server.requests.slice(1);
    expect(first?.key).toBe('Bearer a-key-of-the-worker');
    expect(JSON.parse(first?.text ?? '')).toMatchObject({
      max_completion_tokens: 16,
      seed: 1,
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `data:image/png;base64,${bytes.toString('base64')}` } },
            { type: 'text', text: 'what?' },
          ],
        },
      ],
    });
    expect(JSON.parse(second?.text ?? '')).toMatchObject({ seed: 2 });
  });

  it('is not asked what is known by the time, nor about images that cannot be read', async () => {
    const { server, generator } = await stage(() => null);
    const known: Outcome = {
      kind: 'answer',
      answer: { text: 're: q1', finish_reason: 'stop', prompt_tokens: 0, completion_tokens: 0 },
    };
    const image = request('q2', {
      messages: [{ role: 'user', content: [{ type: 'image', sha256: 'a'.repeat(64) }] }],
    });
    const { outcomes } = await askOf(generator, [request('q0'), request('q1'), image], {
      known: (index) => Promise.resolve(index === 1 ? known : null),
    });
    expect(outcomes[1]).toEqual(known);
    expect(outcomes[2]).toMatchObject({
      kind: 'unknown',
      reason: 'bad_image',
      message: 'x.png: there is no such file',
    });
    expect(server.requests).toHaveLength(2);
  });
});

describe('One question that', () => {
  /** By fault: the reason, and how often the question may be sent. */
  it.each([
    ['500', 'server_error', ATTEMPTS],
    ['502-html', 'server_error', ATTEMPTS],
    ['503', 'server_error', ATTEMPTS],
    ['reset', 'server_error', ATTEMPTS],
    ['redirect', 'server_error', ATTEMPTS],
    ['cut', 'bad_reply', ATTEMPTS],
    ['cut-chunks', 'bad_reply', ATTEMPTS],
    ['hang', 'timeout', ATTEMPTS],
    ['hang-in-body', 'timeout', ATTEMPTS],
    ['html', 'bad_reply', ATTEMPTS],
    ['html-as-json', 'bad_reply', ATTEMPTS],
    ['half-json', 'bad_reply', ATTEMPTS],
    ['no-body', 'bad_reply', ATTEMPTS],
    ['error-200', 'bad_reply', ATTEMPTS],
    ['no-choices', 'bad_reply', ATTEMPTS],
    ['empty', 'empty', 2],
    ['spaces', 'empty', 2],
    ['null-text', 'empty', 2],
    ['aborted', 'bad_reply', 2],
    ['unfinished', 'bad_reply', 2],
    ['filtered', 'filtered', 1],
    ['refused', 'filtered', 1],
    ['400', 'bad_request', 1],
    ['400-too-long', 'too_long', 1],
  ])('always meets "%s" is unknown (%s) after %i tries, and all others are right', async (fault, reason, tries) => {
    const more = fault.startsWith('hang') ? PATIENT : {};
    const { server, generator } = await stage(({ text }) => (isRow(3)(text) ? fault : null), more);
    const { outcomes, error } = await askOf(generator, questions(8));
    expect(error).toBeNull();
    expect(outcomes[3]).toMatchObject({ kind: 'unknown', reason });
    expectHonest(outcomes);
    expect(outcomes.filter((one) => one?.kind === 'answer')).toHaveLength(7);
    expect(triesOf(server, 'q3')).toBe(tries);
  });

  it.each(
    Object.keys(FAULTS).filter((name) => !/^(400|401|404|429-quota|429-hour|filtered|refused|endless)/u.test(name)),
  )('meets "%s" once is right after another try', async (fault) => {
    const more = fault.startsWith('hang') ? PATIENT : {};
    const { generator } = await stage(({ text, tries }) => (isRow(1)(text) && tries === 1 ? fault : null), more);
    const { outcomes, error } = await askOf(generator, questions(3));
    expect(error).toBeNull();
    expect(outcomes.map((one) => one?.kind)).toEqual(['answer', 'answer', 'answer']);
    expectHonest(outcomes);
  });

  it('is answered without end costs no memory without end', async () => {
    const { generator } = await stage(({ text }) => (isRow(1)(text) ? 'endless' : null), {
      attempts: 1,
    });
    const { outcomes } = await askOf(generator, questions(2));
    expect(outcomes[0]).toMatchObject({ kind: 'answer' });
    expect(outcomes[1]).toMatchObject({ kind: 'unknown', reason: 'bad_reply' });
  });
});

describe('A storm', () => {
  it.each(['429', '429-now', '429-second'])('of "%s" passes: every question is right', async (fault) => {
    const { server, generator } = await stage(({ nth }) => (nth > 1 && nth <= 40 ? fault : null), {
      limits: { concurrency: 32 },
    });
    const { outcomes, error } = await askOf(generator, questions(60));
    expect(error).toBeNull();
    expect(outcomes.filter((one) => one?.kind === 'answer')).toHaveLength(60);
    expectHonest(outcomes);
    expect(server.requests.length).toBe(1 + 39 + 60);
  });

  it('of everything at once: right or unknown, and bounded', async () => {
    const names = Object.keys(FAULTS).filter((name) => !/^(401|404|429-(quota|hour|date|second)|endless)/u.test(name));
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const { server, generator } = await stage(
      () => (random() < 0.5 ? (names[Math.floor(random() * names.length)] ?? null) : null),
      PATIENT,
    );
    const { outcomes, error } = await askOf(generator, questions(150));
    expect(error).toBeNull();
    expect(outcomes.every((one) => one !== undefined)).toBe(true);
    expectHonest(outcomes);
    const answered = outcomes.filter((one) => one?.kind === 'answer').length;
    expect(answered).toBeGreaterThan(100);
    const throttled = 150;
    expect(server.requests.length).toBeLessThan(150 * ATTEMPTS + throttled);
    console.log(
      `everything at once: ${answered} of 150 right, 0 wrong, ${150 - answered} unknown, ${server.requests.length} requests`,
    );
  });
});

describe('An endpoint', () => {
  /** The most requests that may be needed to learn it: tries of what is in flight, and probes within the patience. */
  const MOST = 16 * ATTEMPTS + 200;

  it.each(['hang', 'hang-in-body', '500', '503', 'reset', 'html', 'no-body', 'error-200', 'redirect'])(
    'that answers everything with "%s", though its health page is fine, is down',
    async (fault) => {
      const { server, generator } = await stage(() => fault, HASTY);
      expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200);
      const { outcomes, error } = await askOf(generator, questions(50));
      expect(error).toMatchObject({ type: 'EndpointDown' });
      expect((error as StagewrightError).message).toContain(server.baseUrl);
      expect(outcomes.every((one) => one === undefined)).toBe(true);
      expect(server.requests.length).toBeLessThan(MOST);
    },
  );

  it.each(['hang', '500', 'reset'])('that falls to "%s" on its way is down; what it answered stands', async (fault) => {
    let fallen = false;
    const { server, generator } = await stage(
      ({ text, probe }) => {
        if (!probe && Number(text.slice(1)) >= 20) fallen = true;
        return fallen ? (probe || Number(text.slice(1)) >= 20 ? fault : null) : null;
      },
      { ...HASTY, timeout_seconds: fault === 'hang' ? 1 : 60, limits: { concurrency: 8 } },
    );
    const { outcomes, error } = await askOf(generator, questions(60));
    expect(error).toMatchObject({ type: 'EndpointDown' });
    expect(outcomes.filter((one) => one?.kind === 'answer')).toHaveLength(20);
    expectHonest(outcomes);
    expect(server.requests.length).toBeLessThan(MOST);
  });

  it('that answers probes but no question is down, and not every row is tried', async () => {
    const { server, generator } = await stage(({ probe }) => (probe ? null : '500'), HASTY);
    const { error } = await askOf(generator, questions(200));
    expect(error).toMatchObject({ type: 'EndpointDown', message: expect.stringContaining('answers probes') as string });
    expect(server.requests.length).toBeLessThan(2 * MOST);
  });

  it('that comes back within the patience loses no question', async () => {
    const { generator } = await stage(({ nth }) => (nth > 5 && nth < 60 ? 'reset' : null));
    const { outcomes, error } = await askOf(generator, questions(40));
    expect(error).toBeNull();
    expect(outcomes.filter((one) => one?.kind === 'answer')).toHaveLength(40);
  });

  it('that was down is asked anew after a person has answered', async () => {
    let down = true;
    const { generator } = await stage(() => (down ? '500' : null), HASTY);
    expect((await askOf(generator, questions(5))).error).toMatchObject({ type: 'EndpointDown' });
    down = false;
    const { outcomes, error } = await askOf(generator, questions(5));
    expect(error).toBeNull();
    expect(outcomes.every((one) => one?.kind === 'answer')).toBe(true);
  });

  it('that nobody listens at is down', async () => {
    const server = await startStandIn();
    await server.close();
    const generator = generatorFor(server.baseUrl, HASTY);
    open.push(generator);
    expect((await askOf(generator, questions(3))).error).toMatchObject({
      type: 'EndpointDown',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it.each([
    ['401', 'api_key_env'],
    ['404', 'base_url'],
    ['429-quota', 'no credit'],
    ['429-hour', '3600 s'],
  ])('that answers "%s" is down at once, and the message says what to do', async (fault, words) => {
    const { server, generator } = await stage(() => fault);
    const { error } = await askOf(generator, questions(20));
    expect(error).toMatchObject({ type: 'EndpointDown', message: expect.stringContaining(words) as string });
    expect(String((error as Error).message)).not.toContain('sk-abc');
    expect(server.requests).toHaveLength(1);
  });

  it('is given up at once when the work is cancelled', async () => {
    const { generator } = await stage(({ probe }) => (probe ? null : 'hang'));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('cancelled')), 50);
    expect((await askOf(generator, questions(40), { signal: stop.signal })).error).toMatchObject({
      message: 'cancelled',
    });
  });
});

describe('Limits', () => {
  it('of concurrency hold over batches that are asked at once', async () => {
    const server = await startStandIn({ latencyMs: 5 });
    const generator = generatorFor(server.baseUrl, { limits: { concurrency: 3 } });
    open.push(server, generator);
    const all = await Promise.all([askOf(generator, questions(20)), askOf(generator, questions(20))]);
    for (const { outcomes } of all) expect(outcomes.every((one) => one?.kind === 'answer')).toBe(true);
    expect(server.mostInFlight()).toBeLessThanOrEqual(3);
  });

  it('of money are never passed: what is in flight is paid, the rest is not asked', async () => {
    const { server, generator } = await stage(() => null, {
      // 15 tokens a question as it is billed; at most 21 as it is reserved.
      price: { currency: 'EUR', prompt_million: 1e6, completion_million: 1e6 },
      limits: { budget: 200, concurrency: 4 },
    });
    const { outcomes, error } = await askOf(generator, questions(50));
    expect(error).toMatchObject({ type: 'BudgetSpent', message: expect.stringContaining('EUR') as string });
    const answered = outcomes.filter((one) => one?.kind === 'answer').length;
    expect(answered).toBe(server.requests.length - 1);
    expect(answered).toBeGreaterThan(5);
    expect(generator.spent().cost).toBeLessThanOrEqual(200);
  });
});

describe('The registry', () => {
  it('opens an endpoint by the worker’s file, with the key of its environment', async () => {
    const server = await startStandIn();
    open.push(server);
    const site = {
      configuration: parseGenerators(
        `generators: { qwen: { base_url: "${server.baseUrl}", api_key_env: QWEN_KEY, model: served-name } }`,
        'g.yaml',
      ),
      store: storeAt('/nowhere'),
    };
    const planned = { name: 'qwen', kind: 'openai', model: null, identity } as const;
    await expect(openGenerator(planned, { ...site, env: {} })).rejects.toThrow('QWEN_KEY');
    const generator = await openGenerator(planned, { ...site, env: { QWEN_KEY: 'k-1234' } });
    open.push(generator);
    await askOf(generator, questions(1));
    expect(server.requests.map(({ key }) => key)).toEqual(['Bearer k-1234', 'Bearer k-1234']);
    expect(server.requests[1]?.text).toContain('"model":"served-name"');
  });
});
