/** Questions about digits: right answers, unique options, prompts and responses that fit the model. */
import { describe, expect, it } from 'vitest';
import { DIGITS_KINDS } from '../../core/digits/derivation.js';
import { encodePrompt, encodeResponse } from '../../core/digits/encode.js';
import { gradeResponse, readDigits } from '../../core/digits/grade.js';
import { ask, suits } from '../../core/digits/question.js';
import { below, generatorFor } from '../../core/digits/random.js';
import { END, LETTERS, PLACES } from '../../core/digits/vocabulary.js';

const DIGITS = [7, 2, 9, 7];
const question = (kind: (typeof DIGITS_KINDS)[number]) => ask(kind, DIGITS, generatorFor('test', kind));

describe('ask', () => {
  it.each(DIGITS_KINDS)('%s: fits the model and its own grader accepts the teacher response', (kind) => {
    for (let i = 0; i < 200; i++) {
      const random = generatorFor('test', kind, i);
      const digits = PLACES.map(() => below(random, 10));
      if (!suits(kind, digits)) continue;
      const asked = ask(kind, digits, random);
      expect(() => encodePrompt(asked.prompt.join(' '), 'prompt')).not.toThrow();
      expect(() => encodeResponse(asked.response.join(' '), 'response')).not.toThrow();
      expect(gradeResponse({ kind, answer: asked.answer }, [...asked.response, END])).toMatchObject({
        format: true,
        correct: true,
      });
      if (asked.options) expect(new Set(asked.options).size).toBe(4);
    }
  });

  it('at: the option under the answer letter is the digit at the asked place', () => {
    const { prompt, options, answer } = question('at');
    expect(options?.[LETTERS.indexOf(answer as 'A')]).toBe(String(DIGITS[PLACES.indexOf(prompt[1] as 'top-left')]));
  });

  it('largest: the option under the answer letter is the place of the largest digit', () => {
    const { options, answer } = question('largest');
    expect(options?.[LETTERS.indexOf(answer as 'A')]).toBe('bottom-left');
    expect(suits('largest', [9, 2, 9, 1])).toBe(false);
    expect(suits('caption_smallest', [9, 1, 9, 1])).toBe(false);
  });

  it('sums: 25, with running totals, places only where they are read', () => {
    for (const kind of ['text_sum', 'visual_sum'] as const) expect(question(kind).answer).toBe('25');
    const { response, prompt } = question('visual_sum');
    expect(readDigits(response)).toEqual({ 'top-left': 7, 'top-right': 2, 'bottom-left': 9, 'bottom-right': 7 });
    expect(prompt.slice(1).toSorted()).toEqual([...PLACES].toSorted());
    expect(question('text_sum').response).not.toContain('top-left');
  });

  it('caption questions hold the caption and show no image', () => {
    const asked = question('caption_at');
    expect(asked.showsImage).toBe(false);
    expect(asked.prompt.slice(0, 8).join(' ')).toBe('top-left 7 top-right 2 bottom-left 9 bottom-right 7');
    expect(asked.prompt).toHaveLength(18);
  });
});
