/** Between words and the model's token ids: prompts padded on the left, responses on the right. Reads no files. */
import { StagewrightError } from '../failures.js';
import { IMAGE_MARK, type Row } from '../row.js';
import { END, END_ID, PAD_ID, PROMPT_LENGTH, RESPONSE_LENGTH, VOCABULARY, wordId } from './vocabulary.js';

export interface EncodedRow {
  /** [4 tiles x 64 pixels]; zeros without an image. */
  readonly images: Float32Array;
  readonly hasImage: 0 | 1;
  /** [PROMPT_LENGTH], padded on the left. */
  readonly prompt: Int32Array;
  /** [RESPONSE_LENGTH] of `meta.response` and `<eos>`, padded on the right: the SFT target, where the row has one. */
  readonly response?: Int32Array;
}

/**
 * @param pixels the decoded picture (scene.ts readScene), null for a row without image.
 * @throws StagewrightError DataInvalid: unknown word, or too long.
 */
export function encodeRow(row: Row, pixels: Float32Array | null): EncodedRow {
  const response = row.meta?.response;
  return {
    images: pixels ?? NO_PICTURE,
    hasImage: pixels === null ? 0 : 1,
    prompt: encodePrompt(row.problem, `problem of row ${row.id}`),
    ...(typeof response === 'string' ? { response: encodeResponse(response, `meta.response of row ${row.id}`) } : {}),
  };
}
// Shared by all rows without a picture; nothing writes into it.
const NO_PICTURE = new Float32Array(4 * 64);

/** @param where named in errors. The image mark is no word: the picture goes in beside the words. */
export function encodePrompt(problem: string, where: string): Int32Array {
  const words = promptWords(problem);
  if (words.length > PROMPT_LENGTH) throw tooLong(where, words.length, PROMPT_LENGTH);
  const out = new Int32Array(PROMPT_LENGTH).fill(PAD_ID);
  out.set(encodeWords(words, where), PROMPT_LENGTH - words.length);
  return out;
}

/** Adds `<eos>`. */
export function encodeResponse(response: string, where: string): Int32Array {
  const words = [...wordsOf(response), END];
  if (words.length > RESPONSE_LENGTH) throw tooLong(where, words.length, RESPONSE_LENGTH);
  const out = new Int32Array(RESPONSE_LENGTH).fill(PAD_ID);
  out.set(encodeWords(words, where));
  return out;
}

export function encodeWords(words: readonly string[], where: string): number[] {
  return words.map((word, i) => {
    const id = wordId(word);
    if (id === undefined)
      throw new StagewrightError(
        'DataInvalid',
        `unknown word "${word}" (word ${i + 1}) in the ${where}; the model knows ${VOCABULARY.length} words`,
      );
    return id;
  });
}

/** Words up to and with the first `<eos>`; all of them when there is none. @param ids one response of the model. */
export function decodeResponse(ids: ArrayLike<number>): string[] {
  return Array.from({ length: responseTokens(ids) }, (_, i) => VOCABULARY[ids[i] ?? -1] ?? `<${String(ids[i])}>`);
}

/** Tokens up to and with the first `<eos>`: what the loss and the mean length count. */
export function responseTokens(ids: ArrayLike<number>): number {
  for (let i = 0; i < ids.length; i++) if (ids[i] === END_ID) return i + 1;
  return ids.length;
}

/** What of a problem is read as words. */
export const promptWords = (problem: string): string[] => wordsOf(problem).filter((word) => word !== IMAGE_MARK);
const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const tooLong = (where: string, words: number, most: number): StagewrightError =>
  new StagewrightError('DataInvalid', `the ${where} has ${words} words; the model takes ${most}`);
