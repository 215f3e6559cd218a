/** What a model is asked for a caption, what it is told after a refused reply, and the row that a question becomes. */
import { describe, expect, it } from 'vitest';
import { parseReply, WORDED_KINDS, type Mcq } from '../../core/data/reply.js';
import {
  problemText,
  questionRow,
  readReply,
  repairRequest,
  repairRounds,
  synthesisRequest,
} from '../../core/data/synthesis.js';
import { encodeRow } from '../../core/digits/encode.js';
import { gradeResponse } from '../../core/digits/grade.js';
import { writeQuestion } from '../../core/digits/template.js';
import { samplingSchema, type GenerationRequest } from '../../core/generation.js';
import type { GeneratorIdentity } from '../../core/generators.js';
import { rowSchema } from '../../core/row.js';

const endpoint: GeneratorIdentity = { kind: 'endpoint', model: 'm', revision: 'r' };
const template: GeneratorIdentity = { kind: 'template', version: 1 };
const sampling = samplingSchema.parse({});
const settings = { capability: 'perception', kind: 'caption_mcq' };
const mcq: Mcq = {
  question: 'Where is the cup?',
  options: { A: 'left', B: 'right', C: 'under', D: 'over' },
  answer: 'B',
};
const caption = { id: 'c1', images: ['images/c1.png'], caption: 'A cup at the right.' };
const textOf = (request: GenerationRequest): string =>
  request.messages
    .flatMap(({ role, content }) => content.map((part) => `${role}: ${part.type === 'text' ? part.text : part.sha256}`))
    .join('\n---\n');

describe('the question to a model', () => {
  it('holds the caption as it is, template marks and image marks of its own aside', () => {
    const asked = textOf(
      synthesisRequest('A {{ sign }} {% if %} "so" <b>&amp;</b> <image> 木', { by: endpoint, sampling, seed: 3 }),
    );
    expect(asked).toContain('Caption: A {{ sign }} {% if %} "so" <b>&amp;</b>  木');
    expect(asked).toContain(
      '{"question": "...", "options": {"A": "...", "B": "...", "C": "...", "D": "..."}, "answer": "A"}',
    );
  });
  it('is the caption alone for the template', () => {
    expect(synthesisRequest(' top-left 3 ', { by: template, sampling, seed: 3 })).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'top-left 3' }] }],
      sampling,
      seed: 3,
      sample: 0,
    });
  });
});

describe('the repair', () => {
  const asked = synthesisRequest('A cup.', { by: endpoint, sampling, seed: 3 });
  it('shows the refused reply and says what was wrong with it', () => {
    const refused = parseReply('{}');
    if (refused.ok) throw new Error('an empty object is no question');
    const again = repairRequest(asked, '{}', refused);
    expect(again.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(again.messages[0]).toEqual(asked.messages[0]);
    expect(textOf(again)).toContain('assistant: {}');
    expect(textOf(again)).toContain(
      'user: Your reply cannot be used: the JSON has not the form that was asked for (question: ',
    );
    expect(repairRequest(again, 'x', refused).messages).toHaveLength(5);
  });
  it('of an empty reply stays one turn: servers take no empty one of the assistant', () => {
    const again = repairRequest(asked, ' ', { reason: 'empty', detail: '' });
    expect(again.messages.map(({ role }) => role)).toEqual(['user']);
    expect(textOf(again)).toContain('Your reply cannot be used: the reply is empty.');
  });
  it('quotes no more than the start of a long reply', () => {
    expect(textOf(repairRequest(asked, 'x'.repeat(50_000), { reason: 'no_json', detail: '' })).length).toBeLessThan(
      10_000,
    );
  });
  it('is not for the template, which would write the same', () => {
    expect([repairRounds(endpoint, 2), repairRounds(template, 2)]).toEqual([2, 0]);
  });
});

describe('the row', () => {
  it('in prose is worded as format_for_training publishes it', () => {
    expect(problemText(mcq, 1, 'prose')).toBe(
      '<image>Where is the cup?\nOptions:\nA: left\nB: right\nC: under\nD: over\nRespond using only the letter corresponding to the correct answer.\n',
    );
    const row = questionRow({ ...caption, source: 'docci' }, mcq, { ...settings, by: endpoint });
    expect(row).toEqual({
      id: 'c1-mcq',
      capability: 'perception',
      kind: 'caption_mcq',
      problem: problemText(mcq, 1, 'prose'),
      images: ['images/c1.png'],
      answer: 'B',
      options: ['left', 'right', 'under', 'over'],
      caption: 'A cup at the right.',
      source: 'docci',
      meta: { caption_of: 'c1' },
    });
    expect(rowSchema.safeParse(row).success).toBe(true);
  });

  it('in words is one that the embedded model can be trained on', () => {
    const reply = '{"question": "at top-right", "options": {"A": "3", "B": "7", "C": "1", "D": "9"}, "answer": "B"}';
    const parsed = readReply(reply, template, false);
    if (!parsed.ok) throw new Error(parsed.reason);
    const words = 'top-left 3 top-right 7 bottom-left 1 bottom-right 9';
    const row = questionRow({ ...caption, caption: words }, parsed.mcq, { ...settings, by: template });
    expect(row).toMatchObject({ kind: 'at', problem: '<image> at top-right A 3 B 7 C 1 D 9', answer: 'B' });
    expect(rowSchema.safeParse(row).success).toBe(true);
    expect(encodeRow(row, new Float32Array(256)).hasImage).toBe(1);
    const response = '<think> top-right 7 B </think> \\boxed{ B } <eos>'.split(' ');
    expect(gradeResponse(row, response).correct).toBe(true);
  });

  it('of whatever the template writes is one', () => {
    for (let seed = 0; seed < 50; seed++) {
      const words = `top-left ${seed % 10} top-right 7 bottom-left 1 bottom-right 9`;
      const parsed = readReply(JSON.stringify(writeQuestion(words, seed, 0)), template, false);
      if (!parsed.ok) throw new Error(parsed.reason);
      const row = questionRow({ ...caption, caption: words }, parsed.mcq, { ...settings, by: template });
      expect(rowSchema.safeParse(row).success).toBe(true);
      expect(WORDED_KINDS).toContain(row.kind);
      expect(() => encodeRow(row, new Float32Array(256))).not.toThrow();
    }
  });

  it('is refused where the embedded model would not understand it', () => {
    expect(readReply(JSON.stringify(mcq), template, false)).toMatchObject({ ok: false, reason: 'unknown_words' });
  });

  it('has one mark for each image', () => {
    for (const images of [[], ['a.png'], ['a.png', 'b.png']])
      for (const by of [endpoint, template]) {
        const row = questionRow({ ...caption, images }, mcq, { ...settings, by });
        expect(rowSchema.safeParse(row).success).toBe(true);
      }
  });
});
