/** Questions from captions without a model: the ones that the digits task asks, and captions that cannot be read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePrompt } from '../../core/digits/encode.js';
import { captionWords } from '../../core/digits/question.js';
import { LETTERS, PLACES } from '../../core/digits/vocabulary.js';
import type { GenerationRequest, Message, Outcome } from '../../core/generation.js';
import { createTemplateGenerator } from '../../generators/template.js';

const ask = (caption: string, seed = 1, sample = 0): GenerationRequest => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: caption }] }],
  sampling: { temperature: 0, top_p: 1, max_tokens: 512 },
  seed,
  sample,
});

async function outcomesOf(batch: GenerationRequest[]): Promise<Outcome[]> {
  const images = { read: () => Promise.reject(new Error('no images here')) };
  const outcomes: Outcome[] = [];
  for await (const { index, outcome } of createTemplateGenerator().answer(batch, {
    images,
    signal: new AbortController().signal,
  }))
    outcomes[index] = outcome;
  return outcomes;
}

interface Reply {
  question: string;
  options: Record<string, string>;
  answer: string;
}
function replyOf(outcome: Outcome | undefined): Reply {
  if (outcome?.kind !== 'answer') throw new Error(`no answer: ${JSON.stringify(outcome)}`);
  const [, json] = /^```json\n(.*)\n```$/s.exec(outcome.answer.text) ?? [];
  return JSON.parse(json ?? '') as Reply;
}

const scenes = fc.array(fc.nat(9), { minLength: 4, maxLength: 4 });

describe('a question', () => {
  test('is answered by the caption, by one option of four, in words of the model', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.nat(), async (digits, seed) => {
        const [outcome] = await outcomesOf([ask(captionWords(digits).join(' '), seed)]);
        const { question, options, answer } = replyOf(outcome);
        expect(Object.keys(options)).toEqual([...LETTERS]);
        expect(new Set(Object.values(options)).size).toBe(4);
        const at = (place: string): number => digits[PLACES.findIndex((one) => one === place)] as number;
        const [kind, place] = question.split(' ');
        const right = Object.entries(options).filter(([, option]) => {
          if (kind === 'at') return String(at(place ?? '')) === option;
          return at(option) === (kind === 'largest' ? Math.max(...digits) : Math.min(...digits));
        });
        expect(right.map(([letter]) => letter)).toEqual([answer]);
        encodePrompt([question, ...Object.entries(options).flat()].join(' '), 'question');
      }),
    );
  });

  test('is drawn by seed and caption: all kinds, letters and places come, and the same again', async () => {
    const batch = Array.from({ length: 300 }, (_, i) => ask(captionWords([...String(1234 + i)].map(Number)).join(' ')));
    const replies = (await outcomesOf(batch)).map(replyOf);
    const kinds = new Map<string, number>();
    for (const { question } of replies) {
      const kind = question.split(' ')[0] ?? '';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect([...kinds.keys()].sort()).toEqual(['at', 'largest', 'smallest']);
    for (const count of kinds.values()) expect(count).toBeGreaterThan(60);
    expect(new Set(replies.map(({ answer }) => answer)).size).toBe(4);
    expect(new Set(replies.map(({ question }) => question)).size).toBe(6);
    expect((await outcomesOf(batch)).map(replyOf)).toEqual(replies);
    expect((await outcomesOf(batch.map((request) => ({ ...request, seed: 2 })))).map(replyOf)).not.toEqual(replies);
  });

  test('does not depend on the order in which the caption names the places', async () => {
    const words = ['top-left 3', 'top-right 7', 'bottom-left 1', 'bottom-right 9'];
    const [one, other] = await outcomesOf([ask(words.join(' ')), ask([...words].reverse().join('\n'))]);
    expect(one).toEqual(other);
    expect(replyOf(one).question).not.toBe('');
  });
});

describe('what it cannot read is unknown with the reason', () => {
  test.each([
    ['', /top-left is missing/],
    ['A dog on a lawn', /word 1 is "A", no place/],
    ['top-left 3 top-right 7 bottom-left 1', /bottom-right is missing/],
    ['top-left 3 top-right 7 bottom-left 1 bottom-right', /bottom-right is followed by nothing/],
    ['top-left 3 top-right 7 bottom-left 1 bottom-right 12', /bottom-right is followed by "12"/],
    ['top-left 3 top-left 3 bottom-left 1 bottom-right 2', /top-left is named twice/],
    ['top-left 3 top-right 7 bottom-left 1 bottom-right 9 sum', /word 9 is "sum"/],
    ['x'.repeat(1e6), /"x{40}\.\.\."/],
  ])('%.40s', async (caption, message) => {
    const [outcome] = await outcomesOf([ask(caption)]);
    expect(outcome).toMatchObject({ reason: 'bad_request', message: expect.stringMatching(message) as string });
    expect(JSON.stringify(outcome).length).toBeLessThan(500);
  });

  test.each<[string, Message[]]>([
    ['an image', [{ role: 'user', content: [{ type: 'image', sha256: 'a'.repeat(64) }] }]],
    ['a system message', [{ role: 'system', content: [{ type: 'text', text: 'top-left 3' }] }]],
    ['nothing', []],
  ])('%s', async (_, messages) => {
    expect(await outcomesOf([{ ...ask(''), messages }])).toMatchObject([{ kind: 'unknown', reason: 'bad_request' }]);
  });
});
