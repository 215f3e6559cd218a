/**
 * Asks a server that speaks the OpenAI chat API: vLLM, SGLang, LMDeploy, llama.cpp, hosted ones. Tries, waits, concurrency, rates
 * and the budget are kept over all batches that are asked at once. What a reply means is chat-reply.ts's; whether the server answers
 * at all, health.ts's.
 */
import { setMaxListeners } from 'node:events';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { StagewrightError } from '../core/failures.js';
import type { GenerationRequest, Outcome, UnknownReason } from '../core/generation.js';
import type { GeneratorIdentity } from '../core/generators.js';
import { arrivals } from './arrivals.js';
import { boundedFetch } from './bounded-fetch.js';
import { readError, readReply, type Reply } from './chat-reply.js';
import { chatBody, guessTokens, misplacedImage } from './chat-request.js';
import { systemClock, waitMs, type Clock } from './clock.js';
import type { EndpointConfiguration } from './configuration.js';
import type { Answered, AnswerOptions, Generator } from './generator.js';
import { createHealth } from './health.js';
import { ImageFault } from './image-fault.js';
import { orAborted } from './or-aborted.js';
import { createRate } from './rate.js';
import { createSlots } from './slots.js';
import { createSpending } from './spending.js';

export interface EndpointOptions {
  /** The recipe's name for it, for messages. */
  readonly name: string;
  readonly identity: Extract<GeneratorIdentity, { kind: 'endpoint' }>;
  readonly settings: Omit<EndpointConfiguration, 'api_key_env'>;
  /** Null: the server asks for none. */
  readonly apiKey: string | null;
  readonly clock?: Clock;
}

/** Tries of a question whose tokens were paid for and whose answer is of no use. */
const MOST_PAID_TRIES = 2;
const PROBE_SECONDS = 30;
const PROBE: GenerationRequest = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Reply with OK.' }] }],
  sampling: { temperature: 0, top_p: 1, max_tokens: 1 },
  seed: 0,
  sample: 0,
};

export function endpointGenerator(options: EndpointOptions): Generator {
  const { name, identity, settings, clock = systemClock } = options;
  const { limits, back_off: backOff } = settings;
  const model = { model: settings.model ?? identity.model, max_tokens_name: settings.max_tokens_name };
  const what = `generator "${name}" at ${settings.base_url}`;
  // Everything is given, so that nothing comes from the environment.
  const client = new OpenAI({
    baseURL: settings.base_url,
    apiKey: options.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: boundedFetch,
    fetchOptions: { redirect: 'error' },
    ...(options.apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
  });
  const slots = createSlots(limits.concurrency);
  const requestRate = createRate(limits.requests_per_minute, clock);
  const tokenRate = createRate(limits.tokens_per_minute, clock);
  const spending = createSpending(name, settings.price, limits.budget);
  const closing = new AbortController();
  const health = createHealth({
    probe: () => probe(),
    ...{ backOff, clock, what, patienceMs: settings.patience_seconds * 1000, closed: closing.signal },
  });
  let everAnswered = false;

  const send = async (
    body: ChatCompletionCreateParamsNonStreaming,
    request: GenerationRequest,
    signal: AbortSignal,
    seconds: number,
  ): Promise<Reply> => {
    const limit = new AbortController();
    const cancel = (): void => limit.abort();
    // The client's own limit ends with the headers; a body may hang too.
    const timer = setTimeout(cancel, seconds * 1000);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      signal.throwIfAborted();
      // Not left to the client: a body that stands still at the wrong moment does not always hear of the abort.
      const value: unknown = await orAborted(
        client.chat.completions.create(body, { signal: limit.signal }),
        limit.signal,
      );
      return readReply(value, request);
    } catch (error) {
      signal.throwIfAborted();
      if (limit.signal.aborted)
        return {
          kind: 'again',
          reason: 'timeout',
          message: `no reply in ${seconds} s`,
          answered: false,
          afterMs: null,
        };
      return readError(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    }
  };

  const unusable = (message: string): StagewrightError =>
    new StagewrightError('EndpointDown', `${what} cannot be used: ${message}`);

  const probe = async (): Promise<string | null> => {
    const account = spending.reserve(guessTokens(PROBE));
    const body = await chatBody(PROBE, { read: () => Promise.reject(new ImageFault('missing', 'no image')) }, model);
    const seconds = Math.min(PROBE_SECONDS, settings.timeout_seconds);
    const reply = await send(body, PROBE, closing.signal, seconds).finally(() => account.settle(null));
    switch (reply.kind) {
      case 'unusable':
        throw unusable(reply.message);
      case 'throttled':
        health.throttled(reply.afterMs, reply.message);
        return null;
      case 'again':
        // One token may be no text.
        return reply.answered ? null : reply.message;
      case 'answer':
      case 'refused':
        return null;
    }
  };

  /** One try, from its turn to its reply. Null: its answer has come by another way, or its images cannot be read. */
  const attempt = async (
    request: GenerationRequest,
    index: number,
    of: AnswerOptions,
    signals: Signals,
    tried: boolean,
  ): Promise<Reply | { readonly kind: 'settled'; readonly outcome: Outcome }> => {
    await health.open(signals.waiting);
    const slot = await slots.acquire(signals.waiting, tried);
    let how: 'answered' | 'overloaded' | 'other' = 'other';
    try {
      // It may have waited long for its turn.
      await health.open(signals.waiting);
      const already = await of.known?.(index);
      if (already !== null && already !== undefined) return { kind: 'settled', outcome: already };
      const body = await chatBody(request, of.images, model);
      const guess = guessTokens(request);
      await requestRate.take(1, signals.waiting);
      await tokenRate.take(guess.prompt_tokens + guess.completion_tokens, signals.waiting);
      const account = spending.reserve(guess);
      const reply = await send(body, request, signals.sent, settings.timeout_seconds).catch((error: unknown) => {
        account.settle(null);
        throw error;
      });
      const used = reply.kind === 'answer' ? reply.answer : null;
      account.settle(used ?? (reply.kind === 'again' && reply.answered ? guess : null));
      if (used !== null)
        tokenRate.giveBack(guess.prompt_tokens + guess.completion_tokens - used.prompt_tokens - used.completion_tokens);
      if (reply.kind === 'answer') {
        how = 'answered';
        // It is in flight until it is safe: no more than the limit is asked again after a crash.
        await of.keep?.(index, reply.answer);
      }
      if (reply.kind === 'throttled' || (reply.kind === 'again' && reply.reason === 'timeout')) how = 'overloaded';
      return reply;
    } catch (error) {
      if (!(error instanceof ImageFault)) throw error;
      return { kind: 'settled', outcome: unknown('bad_image', error.message) };
    } finally {
      slot.release(how);
    }
  };

  const ask = async (
    request: GenerationRequest,
    index: number,
    of: AnswerOptions,
    signals: Signals,
  ): Promise<Outcome> => {
    if (misplacedImage(request)) return unknown('bad_request', 'only a user’s message may hold an image');
    const answersBefore = health.answers;
    let tries = 0;
    let paid = 0;
    let tried = false;
    for (; ; tried = true) {
      const reply = await attempt(request, index, of, signals, tried);
      switch (reply.kind) {
        case 'settled':
          return reply.outcome;
        case 'answer':
          health.alive(true);
          return { kind: 'answer', answer: reply.answer };
        case 'refused':
          health.alive(true);
          return unknown(reply.reason, reply.message);
        case 'unusable':
          throw unusable(reply.message);
        case 'throttled':
          health.throttled(reply.afterMs, reply.message);
          continue;
        case 'again':
      }
      tries += 1;
      if (reply.answered) {
        health.alive(true);
        if ((paid += 1) >= MOST_PAID_TRIES) return unknown(reply.reason, reply.message);
      } else health.failed(reply.message);
      if (tries >= settings.attempts) {
        // Is it the question, or the server? Others that were answered meanwhile tell; else a probe does.
        if (health.answers === answersBefore) await health.examine(reply.message, signals.waiting);
        health.gaveUp(reply.message);
        return unknown(reply.reason, `${reply.message} (${tries} tries)`);
      }
      await clock.sleep(Math.max(waitMs(backOff, tries), reply.afterMs ?? 0), signals.waiting);
    }
  };

  return {
    identity,
    answer: async function* (batch, of) {
      if (batch.length === 0) return;
      if (!everAnswered) await health.examine('it was never asked before', of.signal);
      everAnswered = true;
      const stop = new AbortController();
      const enough = new AbortController();
      const signals: Signals = {
        sent: AbortSignal.any([of.signal, stop.signal, closing.signal]),
        waiting: AbortSignal.any([of.signal, stop.signal, closing.signal, enough.signal]),
      };
      // One listener for each question of the batch.
      setMaxListeners(0, signals.sent, signals.waiting);
      const come = arrivals<Answered>();
      const failures: unknown[] = [];
      const asked = batch.map(async (request, index) => {
        try {
          come.push({ index, outcome: await ask(request, index, of, signals) });
        } catch (error) {
          failures.push(error);
          // What is in flight is paid for: only what waits is left.
          if (error instanceof StagewrightError && error.type === 'BudgetSpent') enough.abort(error);
          else stop.abort(error);
        }
      });
      const all = Promise.all(asked).then(() => (failures.length > 0 ? come.fail(failures[0]) : come.end()));
      try {
        yield* come.items();
      } finally {
        stop.abort(new Error('nobody reads on'));
        await all;
      }
    },
    spent: () => spending.spent(),
    close: () => {
      closing.abort(new Error('the generator is closed'));
      return Promise.resolve();
    },
  };
}

interface Signals {
  /** Ends what is in flight. */
  readonly sent: AbortSignal;
  /** Ends what waits for its turn. */
  readonly waiting: AbortSignal;
}

function unknown(reason: UnknownReason, message: string): Outcome {
  return { kind: 'unknown', reason, message };
}
