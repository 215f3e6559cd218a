/** One real completion of one token about an image: the only proof that a server which says that it is ready can answer. */
import { encode } from 'fast-png';
import { z } from 'zod';
import { boundedFetch } from './bounded-fetch.js';

/** No smaller: vision towers refuse pictures below their patch. */
const SIDE = 64;
const completionSchema = z.object({ choices: z.array(z.object({ message: z.looseObject({}) })).min(1) });

/** @throws Error saying what came in place of a completion. A server of a model without eyes may refuse the image, not the words. */
export async function probe(
  baseUrl: string,
  model: string,
  maxTokens: 'max_tokens' | 'max_completion_tokens',
  signal: AbortSignal,
): Promise<void> {
  const text = { type: 'text', text: 'Describe the image.' };
  const ask = (content: unknown): Promise<string | null> =>
    complete(
      `${baseUrl}/chat/completions`,
      { model, messages: [{ role: 'user', content }], temperature: 0, [maxTokens]: 1 },
      signal,
    );
  const seen = await ask([{ type: 'image_url', image_url: { url: pictureUrl() } }, text]);
  if (seen === null) return;
  const read = await ask('Reply with OK.');
  if (read !== null) throw new Error(`a completion of one token was refused: ${seen}`);
}

/** Null: answered. Else the refusal (4xx). @throws Error for anything that is neither */
async function complete(url: string, body: object, signal: AbortSignal): Promise<string | null> {
  const response = await boundedFetch(url, {
    ...{ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' }, signal },
    redirect: 'error',
  }).catch((error: unknown) => {
    throw new Error(`a completion of one token did not come: ${signal.aborted ? 'no reply in time' : wordsOf(error)}`);
  });
  const text = await response.text();
  if (response.status >= 400 && response.status < 500) return `HTTP ${response.status} ${text.slice(0, 300)}`;
  if (response.status !== 200)
    throw new Error(`a completion of one token failed: HTTP ${response.status} ${text.slice(0, 300)}`);
  if (!completionSchema.safeParse(parsed(text)).success)
    throw new Error(`a completion of one token is none: ${text.slice(0, 300)}`);
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function pictureUrl(): string {
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 256);
  const png = encode({ width: SIDE, height: SIDE, channels: 3, depth: 8, data });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
