/**
 * The embedded model behind the paths of OpenAI's API, so that every client of such servers can be tried without a GPU. Routes and
 * refusals; sockets are server.ts's, the model is the batcher's.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { ApiError, badRequest } from './api-error.js';
import { QueueFull, type Batcher } from './batcher.js';
import { readChatRequest, type ChatRequest } from './chat-request.js';
import { choiceOf, chunksOf, wholeBody, type Completion } from './completion.js';
import { readPrompt } from './prompt.js';

export interface AppOptions {
  /** The name that requests must give. */
  readonly modelName: string;
  /** Of the weights: tells answers of one model from those of another. */
  readonly fingerprint: string;
  readonly batcher: Batcher;
  /** Refuse what the model cannot take as it is, in place of leaving it out. */
  readonly strict: boolean;
  /** Bearer key; null asks for none. */
  readonly key: string | null;
  readonly bodyBytes: number;
  /** True from the moment when the server is told to end. */
  readonly ending: () => boolean;
  readonly onError: (error: unknown) => void;
}

const DROPPED = 'x-stagewright-dropped-words';
const SEEDS = 2 ** 47;

export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const created = Math.floor(Date.now() / 1000);
  const model = { id: options.modelName, object: 'model', created, owned_by: 'stagewright' };

  app.onError((error, c) => failed(error, c, options));
  app.notFound((c) => refusal(c, new ApiError(404, `no ${c.req.method} ${c.req.path} here`, { code: 'not_found' })));
  app.get('/health', (c) =>
    options.ending()
      ? c.json({ status: 'ending' }, 503)
      : c.json({ status: 'ok', model: options.modelName, ...options.batcher.counts() }),
  );
  app.use('/v1/*', async (c, next) => {
    if (options.ending())
      throw new ApiError(503, 'the server is ending', {
        type: 'server_error',
        headers: { 'retry-after': '1', connection: 'close' },
      });
    if (options.key !== null && !sameKey(c.req.header('authorization'), options.key))
      throw new ApiError(401, 'a bearer key is needed, and this is not it', { code: 'invalid_api_key' });
    await next();
  });
  app.get('/v1/models', (c) => c.json({ object: 'list', data: [model] }));
  app.get('/v1/models/:id{.+}', (c) => {
    checkModel(c.req.param('id'), options);
    return c.json(model);
  });
  app.post(
    '/v1/chat/completions',
    bodyLimit({
      maxSize: options.bodyBytes,
      onError: () => {
        throw new ApiError(413, `the body is larger than ${options.bodyBytes} bytes`, { code: 'request_too_large' });
      },
    }),
    (c) => complete(c, options),
  );
  return app;
}

async function complete(c: Context, options: AppOptions): Promise<Response> {
  const request = readChatRequest(await jsonBody(c));
  checkModel(request.model, options);
  const { question, promptTokens, dropped, warnings } = await readPrompt(request.messages, options.strict);
  // Without a seed each request is another draw.
  const { n, temperature, seed = randomInt(SEEDS), maxTokens, stop } = request;
  const draws = Array.from({ length: n }, (_, sample) => ({ question, temperature, seed, sample }));
  const responses = await options.batcher.submit(draws, c.req.raw.signal);
  const completion: Completion = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: options.modelName,
    fingerprint: options.fingerprint,
    promptTokens,
    choices: responses.map((words) => choiceOf(words, maxTokens, stop)),
    warnings,
  };
  if (dropped > 0) c.header(DROPPED, String(dropped));
  return request.stream === null ? c.json(wholeBody(completion)) : streamed(c, completion, request.stream);
}

function streamed(c: Context, completion: Completion, { usage }: NonNullable<ChatRequest['stream']>): Response {
  return streamSSE(c, async (stream) => {
    for (const chunk of chunksOf(completion, usage)) {
      if (stream.aborted) return;
      await stream.writeSSE({ data: JSON.stringify(chunk) });
    }
    await stream.writeSSE({ data: '[DONE]' });
  });
}

/** A page of another site can send no such type without asking first, and is never told yes. */
async function jsonBody(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
    throw new ApiError(415, 'the body must be JSON, with content-type: application/json');
  const text = await c.req.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`the body is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkModel(asked: string, { modelName }: AppOptions): void {
  if (asked === modelName) return;
  const name = JSON.stringify(asked.slice(0, 100));
  throw new ApiError(404, `no model ${name} here; there is "${modelName}"`, {
    param: 'model',
    code: 'model_not_found',
  });
}

function sameKey(header: string | undefined, key: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${key}`));
}

function failed(error: unknown, c: Context, { onError }: AppOptions): Response {
  if (error instanceof ApiError) return refusal(c, error);
  if (error instanceof QueueFull)
    return refusal(
      c,
      new ApiError(429, error.message, {
        type: 'requests',
        code: 'rate_limit_exceeded',
        headers: { 'retry-after': String(error.retrySeconds) },
      }),
    );
  // The client is gone: nobody reads this.
  if (!c.req.raw.signal.aborted) onError(error);
  return refusal(c, new ApiError(500, 'the server failed on this request', { type: 'server_error' }));
}

function refusal(c: Context, error: ApiError): Response {
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
  return c.json(error.body(), error.status);
}
