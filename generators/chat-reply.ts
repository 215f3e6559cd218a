/**
 * What a server's reply means for the question: an answer, no answer for good, another try, a wait, or a server that cannot be used.
 * Nothing that is not plainly a completion becomes an answer.
 */
import { APIConnectionError, APIError } from 'openai';
import { z } from 'zod';
import type { GenerationAnswer, GenerationRequest, UnknownReason } from '../core/generation.js';
import { redact } from '../core/secrets.js';
import { guessText, guessTokens } from './chat-request.js';
import { retryAfterMs } from './clock.js';

export type Reply =
  | { readonly kind: 'answer'; readonly answer: GenerationAnswer }
  /** The server's last word on this question. */
  | { readonly kind: 'refused'; readonly reason: UnknownReason; readonly message: string }
  | {
      readonly kind: 'again';
      readonly reason: UnknownReason;
      readonly message: string;
      /** Time or tokens were spent on it: not too often. */
      readonly answered: boolean;
      readonly afterMs: number | null;
    }
  | { readonly kind: 'throttled'; readonly message: string; readonly afterMs: number | null }
  /** No question will be answered before a person has acted. */
  | { readonly kind: 'unusable'; readonly message: string };

const count = z.int().min(0);
const replySchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish(),
});

export function readReply(value: unknown, request: GenerationRequest): Reply {
  const parsed = replySchema.safeParse(value);
  const choice = parsed.success ? parsed.data.choices[0] : undefined;
  if (!parsed.success || choice === undefined)
    return again(
      'bad_reply',
      `no completion: ${clip(typeof value === 'string' ? value : JSON.stringify(value ?? null))}`,
    );
  const { content, refusal } = choice.message;
  const finish = choice.finish_reason ?? null;
  if (finish === 'content_filter')
    return { kind: 'refused', reason: 'filtered', message: 'finish_reason: content_filter' };
  if (typeof refusal === 'string' && refusal !== '' && !content)
    return { kind: 'refused', reason: 'filtered', message: clip(refusal) };
  // `abort`, `error`, tool calls, or nothing: the text may be a part of one.
  if (finish !== 'stop' && finish !== 'length')
    return again('bad_reply', `finish_reason: ${clip(String(finish))}`, { answered: true });
  const text = content ?? '';
  if (text.trim() === '') return again('empty', `no text; finish_reason: ${finish}`, { answered: true });
  const usage = parsed.data.usage ?? {
    prompt_tokens: guessTokens(request).prompt_tokens,
    completion_tokens: guessText(text),
  };
  return {
    kind: 'answer',
    answer: {
      text,
      finish_reason: finish,
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
    },
  };
}

/** vLLM, SGLang, LMDeploy, llama.cpp, TGI and OpenAI say it in words of their own. */
const TOO_LONG =
  /context[ _](?:length|size|window)|maximum (?:context|model|sequence) length|max_model_len|max_new_tokens` must be|too long|longer than the (?:model|maximum)/iu;
/** No money, rather than too many at once. */
const NO_CREDIT = /insufficient_quota|billing|credit balance/iu;

/** @param error what the client threw, apart from our own time limit and cancellation */
export function readError(error: unknown): Reply {
  if (error instanceof APIConnectionError) return again('server_error', `no connection: ${wordsOf(error)}`);
  if (!(error instanceof APIError) || error.status === undefined)
    return again('bad_reply', `cut off or no JSON: ${wordsOf(error)}`);
  const status = Number(error.status);
  const headers = error.headers as Headers | undefined;
  const afterMs = retryAfterMs(headers?.get('retry-after'));
  const message = `HTTP ${clip(error.message)}`;
  const told = `${error.code ?? ''} ${error.type ?? ''} ${error.message}`;
  if (status === 402 || (status === 429 && NO_CREDIT.test(told)))
    return { kind: 'unusable', message: `${message}; the account has no credit left` };
  if (status === 429) return { kind: 'throttled', message, afterMs };
  if (status === 401 || status === 403)
    return { kind: 'unusable', message: `${message}; check the key (api_key_env) and what it may use` };
  if (status === 404 || status === 405)
    return {
      kind: 'unusable',
      message: `${message}; check base_url (it ends in /v1) and the model’s name at the server`,
    };
  if (status === 408) return again('timeout', message, { afterMs });
  if (status >= 500 || status === 409 || status === 425) return again('server_error', message, { afterMs });
  if (TOO_LONG.test(told)) return { kind: 'refused', reason: 'too_long', message };
  return { kind: 'refused', reason: 'bad_request', message };
}

function again(
  reason: UnknownReason,
  message: string,
  { answered = false, afterMs = null }: { readonly answered?: boolean; readonly afterMs?: number | null } = {},
): Reply {
  return { kind: 'again', reason, message, answered, afterMs };
}

function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error && words.length < 4; at = at.cause) words.push(at.message);
  return clip(words.length > 0 ? words.join(': ') : String(error));
}

const MOST_CHARS = 300;
/** It goes into rows, reports and history. */
function clip(text: string): string {
  const one = redact(text.slice(0, 4_000)).replace(/\s+/gu, ' ').trim();
  return one.length > MOST_CHARS ? `${one.slice(0, MOST_CHARS)}…` : one;
}
