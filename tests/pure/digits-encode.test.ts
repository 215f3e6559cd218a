/** Words and token ids; the one vocabulary that TypeScript, Python and the exported models agree on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeResponse, encodePrompt, encodeResponse, encodeRow, responseTokens } from '../../core/digits/encode.js';
import {
  PAD_ID,
  PROMPT_LENGTH,
  RESPONSE_LENGTH,
  TILE_PIXELS,
  TILES,
  VOCABULARY,
} from '../../core/digits/vocabulary.js';

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../models/${path}`, import.meta.url), 'utf8'));

describe('vocabulary', () => {
  it('is the list that Python reads', () => {
    expect(read('vocabulary.json')).toEqual(VOCABULARY);
    expect(new Set(VOCABULARY).size).toBe(VOCABULARY.length);
  });
  it.each(['tiny', 'demo'])('%s: the exported model has the same words and lengths', (size) => {
    expect(read(`graphs/${size}/model.json`)).toMatchObject({
      vocabulary: VOCABULARY,
      dims: {
        images: TILES,
        pixels: TILE_PIXELS,
        prompt: PROMPT_LENGTH,
        response: RESPONSE_LENGTH,
        vocab: VOCABULARY.length,
      },
    });
  });
});

describe('encoding', () => {
  it('pads prompts on the left and drops the image mark', () => {
    const ids = encodePrompt('<image> sum top-left', 'x');
    expect([...ids.slice(0, -2)].every((id) => id === PAD_ID)).toBe(true);
    expect([...ids.slice(-2)].map((id) => VOCABULARY[id])).toEqual(['sum', 'top-left']);
  });
  it('decodes what it encoded, up to the end', () => {
    const ids = encodeResponse('<think> 3 </think> \\boxed{ 3 }', 'x');
    expect(decodeResponse(ids)).toEqual(['<think>', '3', '</think>', '\\boxed{', '3', '}', '<eos>']);
    expect(responseTokens(ids)).toBe(7);
    expect(responseTokens(Int32Array.of(1, 2, 3))).toBe(3);
  });
  it('names an unknown word and where it stands', () => {
    expect(() => encodePrompt('sum 3 cat', 'problem of row r7')).toThrow(
      /unknown word "cat" \(word 3\) in the problem of row r7/,
    );
    expect(() => encodeResponse('37', 'meta.response of row r8')).toThrow(/unknown word "37".*row r8/);
  });
  it('refuses what does not fit', () => {
    expect(() => encodePrompt('1 '.repeat(19), 'problem of row r9')).toThrow(
      /problem of row r9 has 19 words; the model takes 18/,
    );
    expect(() => encodeResponse('1 '.repeat(17), 'response')).toThrow(/18 words; the model takes 17/);
  });
  it('gives a row without image zeros and no flag', () => {
    const row = {
      id: 'a',
      capability: 'textual_reasoning',
      kind: 'text_sum',
      problem: 'sum 1 2 3 4',
      images: [],
      answer: '10',
    };
    expect(encodeRow(row, null)).toMatchObject({ hasImage: 0, images: new Float32Array(256) });
    expect(encodeRow(row, null)).not.toHaveProperty('response');
  });
});
