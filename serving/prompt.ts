/**
 * A client's messages as a question to the embedded model, which knows 59 words. Clients made for large models ask in prose, and
 * are to get an answer: what it does not know is left out and counted. A strict server refuses instead.
 */
import { encodePrompt, promptWords } from '../core/digits/encode.js';
import { PROMPT_LENGTH, TILE_PIXELS, TILES, wordId } from '../core/digits/vocabulary.js';
import type { EncodedQuestion } from '../trainers/onnx/sampler.js';
import { badRequest } from './api-error.js';
import type { ChatMessage, ContentPart } from './chat-request.js';
import { readPictureUrl } from './picture.js';

export interface ReadPrompt {
  readonly question: EncodedQuestion;
  readonly promptTokens: number;
  /** Words that the model was not given. */
  readonly dropped: number;
  readonly warnings: readonly string[];
}

/** @throws ApiError 400 */
export async function readPrompt(messages: readonly ChatMessage[], strict: boolean): Promise<ReadPrompt> {
  const warnings: string[] = [];
  const parts = partsOf(messages, strict, warnings);
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
  const { words, dropped } = strict ? strictWords(text) : knownWords(text);
  if (dropped > 0) warnings.push(`${dropped} words that the model does not know, or has no room for, were left out`);
  const [image, more] = parts.filter((part) => part.type === 'image_url');
  if (more !== undefined) throw badRequest('the embedded model sees one image', 'messages');
  const picture = image === undefined ? null : await readPictureUrl(image.image_url.url, strict);
  if (picture?.warning != null) warnings.push(picture.warning);
  return {
    question: {
      prompt: encodePrompt(words.join(' '), 'message'),
      images: picture?.pixels ?? NO_PICTURE,
      hasImage: picture === null ? 0 : 1,
    },
    promptTokens: words.length + (picture === null ? 0 : TILES),
    dropped,
    warnings,
  };
}
// Nothing writes into it.
const NO_PICTURE = new Float32Array(TILES * TILE_PIXELS);

/** Of the last message of the user: the model was taught single questions. */
function partsOf(messages: readonly ChatMessage[], strict: boolean, warnings: string[]): readonly ContentPart[] {
  const last = messages.findLast(({ role }) => role === 'user');
  if (last === undefined) throw badRequest('no message has the role user', 'messages');
  if (messages.length > 1) {
    const why = 'the embedded model reads one message, of the user';
    if (strict) throw badRequest(why, 'messages');
    warnings.push(`${messages.length - 1} messages were left out: ${why}`);
  }
  return typeof last.content === 'string' ? [{ type: 'text', text: last.content }] : last.content;
}

function strictWords(text: string): { words: string[]; dropped: number } {
  const words = promptWords(text);
  const unknown = words.find((word) => wordId(word) === undefined);
  if (unknown !== undefined)
    throw badRequest(`the model does not know the word ${JSON.stringify(unknown)}`, 'messages');
  if (words.length === 0) throw badRequest('the message has no words', 'messages');
  if (words.length > PROMPT_LENGTH)
    throw badRequest(`the message has ${words.length} words; the model takes ${PROMPT_LENGTH}`, 'messages');
  return { words, dropped: 0 };
}

/** The last that fit: a question comes after its preamble. */
function knownWords(text: string): { words: string[]; dropped: number } {
  const all = promptWords(text);
  const words = all.flatMap((word) => known(word) ?? []).slice(-PROMPT_LENGTH);
  return { words, dropped: all.length - words.length };
}

/** As it is, without its punctuation, then in small letters: `A.`, `Top-left,`. */
function known(word: string): string | undefined {
  const bare = word.replace(/^[("'[]+|[)"'\].,:;?!]+$/g, '');
  return [word, bare, bare.toLowerCase()].find((form) => wordId(form) !== undefined);
}
