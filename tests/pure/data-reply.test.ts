/** Strict reading of a synthesis reply: what is a question, and the one reason why something is none. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  countLetters,
  describeRefusal,
  parseReply,
  REPLY_BOUNDS,
  REPLY_REASONS,
  type ReplyReason,
  type ReplySettings,
} from '../../core/data/reply.js';

const good = {
  question: 'Where is the red cup?',
  options: { A: 'left of the lamp', B: 'right of the lamp', C: 'under the table', D: 'on the shelf' },
  answer: 'C',
};
type Change = Record<string, unknown>;
const json = (change: Change = {}): string => JSON.stringify({ ...good, ...change });
const fenced = (change: Change = {}): string => `\`\`\`json\n${json(change)}\n\`\`\``;
const options = (change: Partial<Record<string, unknown>>): Change => ({ options: { ...good.options, ...change } });

const reasonOf = (text: string, settings?: ReplySettings): ReplyReason | 'ok' => {
  const parsed = parseReply(text, settings);
  return parsed.ok ? 'ok' : parsed.reason;
};

describe('a question is found', () => {
  test.each<[string, string]>([
    ['in a fenced block', fenced()],
    ['in a block that names no language', `\`\`\`\n${json()}\n\`\`\``],
    ['on one line with its fences', `\`\`\`json${json()}\`\`\``],
    ['bare', json()],
    ['bare, with words around it', `Sure! Here it is: ${json()} I hope this helps.`],
    ['pretty-printed', `\`\`\`json\n${JSON.stringify(good, null, 2)}\n\`\`\``],
    ['behind its thinking, a draft in it aside', `<think>${json({ answer: 'A' })}</think>\n${fenced()}`],
    ['beside a block that is no question', `${fenced()}\nDone. \`\`\`json {} \`\`\``],
    ['said twice', `${fenced()}\n${fenced()}`],
    ['with keys that say nothing', fenced({ explanation: 'It is.' })],
    ['with white space around its texts', fenced({ question: '  Where is the red cup? \n', answer: ' C ' })],
    ['with braces and quotes in a text', `Well: ${json(options({ A: 'a "}" sign' }))}`],
  ])('%s', (_, text) => {
    const parsed = parseReply(text);
    expect(parsed).toMatchObject({ ok: true, mcq: { question: good.question, answer: 'C' } });
  });

  it('with its texts trimmed and nothing else', () => {
    expect(parseReply(fenced({ extra: 1, ...options({ A: ' left of the lamp ' }) }))).toEqual({ ok: true, mcq: good });
  });
});

describe('a refusal has one reason', () => {
  const CASES: [ReplyReason, string, string, ReplySettings?][] = [
    ['empty', 'nothing at all', ''],
    ['empty', 'white space', ' \n\t'],
    ['cut_off', 'nothing, at the limit of tokens', '', { cutOff: true }],
    ['cut_off', 'half a block', fenced().slice(0, 60), { cutOff: true }],
    ['cut_off', 'still thinking', '<think>Well, the caption says', { cutOff: true }],
    ['too_long', 'a reply without end', 'x'.repeat(REPLY_BOUNDS.reply + 1)],
    ['too_long', 'a long question', fenced({ question: 'why '.repeat(300) })],
    ['too_long', 'a long option', fenced(options({ B: 'very '.repeat(80) }))],
    ['no_json', 'prose', 'I cannot help with that.'],
    ['no_json', 'a list in a block', '```json\n[1]\n```'],
    ['bad_json', 'single quotes', "```json\n{'question': 'x'}\n```"],
    ['bad_json', 'a comma too many', `\`\`\`json\n${json().slice(0, -1)},}\n\`\`\``],
    ['bad_json', 'a block that never closes', json().slice(0, 60)],
    ['bad_json', 'NaN', '```json\n{"question": NaN}\n```'],
    ['several_blocks', 'two questions', `${fenced()}\n${fenced({ answer: 'A' })}`],
    ['bad_shape', 'an empty object', '{}'],
    ['bad_shape', 'no question', JSON.stringify({ options: good.options, answer: 'A' })],
    ['bad_shape', 'null', fenced({ question: null })],
    ['bad_shape', 'options as a list', fenced({ options: ['a', 'b', 'c', 'd'] })],
    ['bad_shape', 'three options', fenced({ options: { A: 'a', B: 'b', C: 'c' } })],
    ['bad_shape', 'five options', fenced(options({ E: 'nowhere' }))],
    ['bad_shape', 'an option that is a number', fenced(options({ A: 3 }))],
    ['bad_shape', 'an answer that is a list', fenced({ answer: ['A'] })],
    ['blank', 'no question', fenced({ question: ' ' })],
    ['blank', 'a question of points', fenced({ question: '...?' })],
    ['blank', 'an empty option', fenced(options({ D: '' }))],
    ['bad_answer', 'a fifth letter', fenced({ answer: 'E' })],
    ['bad_answer', 'two letters', fenced({ answer: 'A, B' })],
    ['bad_answer', 'a small letter', fenced({ answer: 'c' })],
    ['bad_answer', "an option's text", fenced({ answer: 'under the table' })],
    ['bad_answer', 'none', fenced({ answer: '' })],
    ['same_options', 'the same text', fenced(options({ D: 'under the table' }))],
    ['same_options', 'case and spacing aside', fenced(options({ D: ' Under  The table. ' }))],
    ['same_options', 'width aside', fenced(options({ A: '３', D: '3' }))],
    ['same_options', 'labels aside', fenced(options({ A: 'A. red', B: 'B) red' }))],
    ['same_options', 'quotes aside', fenced(options({ A: '“Stop”', B: 'stop' }))],
    ['mentions_caption', 'the caption', fenced({ question: 'What does the caption say about the cup?' })],
    ['mentions_caption', 'the description', fenced({ question: 'By the description, where is the cup?' })],
    ['mentions_caption', 'as described', fenced({ question: 'Where is the cup, as described?' })],
    ['mentions_caption', 'an option', fenced(options({ D: 'not mentioned in it' }))],
    ['mentions_caption', 'the text', fenced({ question: 'Where is the cup according to the text?' })],
    ['control_characters', 'a bell', fenced({ question: 'Where is \u0007 it?' })],
    ['control_characters', 'an option of two lines', fenced(options({ A: 'left\nB: right' }))],
    ['control_characters', 'an image mark', fenced({ question: '<image> Where is it?' })],
    [
      'control_characters',
      'half a surrogate pair',
      `{"question": "Where \\ud800?", "options": ${JSON.stringify(good.options)}, "answer": "A"}`,
    ],
    ['unknown_words', 'prose for the embedded model', fenced(), { wording: 'words' }],
    ['unknown_words', 'a place it does not know', fenced({ question: 'at middle' }), { wording: 'words' }],
  ];
  test.each(CASES)('%s: %s', (reason, _, text, settings) => {
    expect(reasonOf(text, settings)).toBe(reason);
  });

  it('and every reason has a case here and words', () => {
    expect(new Set(CASES.map(([reason]) => reason))).toEqual(new Set(Object.keys(REPLY_REASONS)));
    expect(describeRefusal({ reason: 'blank', detail: 'option D' })).toBe(
      'the question or an option is empty (option D)',
    );
    expect(describeRefusal({ reason: 'empty', detail: '' })).toBe('the reply is empty');
  });
});

it('options that only look alike are four', () => {
  const alike = [
    ['1.5', '15', '-1.5', '-15'],
    ['1', '-1', '+1', '1%'],
    ['A cat', 'B cat', 'cat', 'cats'],
    ['<', '>', '=', '+'],
  ];
  for (const [A, B, C, D] of alike) expect(reasonOf(fenced({ options: { A, B, C, D } })), String(A)).toBe('ok');
});

it('words that stand for something in the picture are no mention of a caption', () => {
  for (const question of [
    'What does the sign state?',
    'How is the cup best described?',
    'What is subscription number 3?',
  ])
    expect(reasonOf(fenced({ question })), question).toBe('ok');
});

it('a question in words is one of the embedded model’s', () => {
  const places = { A: 'top-left', B: 'top-right', C: 'bottom-left', D: 'bottom-right' };
  expect(reasonOf(fenced({ question: 'largest', options: places }), { wording: 'words' })).toBe('ok');
  expect(
    reasonOf(fenced({ question: 'at top-left', options: { A: '1', B: '2', C: '3', D: '4' } }), { wording: 'words' }),
  ).toBe('ok');
});

it('whatever a reply is, there is an answer, and what is accepted has the form', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '```json',
      '```',
      '{',
      '}',
      '"',
      '\\',
      '"question":',
      '"options":',
      '<think>',
      '</think>',
      json(),
      ',',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (pieces, cutOff) => {
      const parsed = parseReply(pieces.join(''), { cutOff });
      if (parsed.ok) expect(reasonOf(JSON.stringify(parsed.mcq))).toBe('ok');
      else expect(REPLY_REASONS[parsed.reason]).toBeDefined();
    }),
    { numRuns: 200 },
  );
});

it('what is found in a block is what was written into it', () => {
  const text = fc.stringMatching(/^[a-z][a-z "\\{}éß木:,]{0,20}[a-z]$/);
  fc.assert(
    fc.property(text, fc.constantFrom('A', 'B', 'C', 'D'), fc.boolean(), (word, answer, bare) => {
      const mcq = {
        question: `${word}?`,
        options: { A: `${word} a`, B: `${word} b`, C: `${word} c`, D: word },
        answer,
      };
      const written = JSON.stringify(mcq);
      const parsed = parseReply(bare ? `So: ${written}.` : `\`\`\`json\n${written}\n\`\`\``);
      // No text of these letters mentions a caption unless it says the word.
      if (parsed.ok) expect(parsed.mcq).toEqual(mcq);
      else expect(parsed.reason).toBe('mentions_caption');
    }),
  );
});

it('a long reply of braces is read in bounded time', () => {
  expect(reasonOf('{'.repeat(REPLY_BOUNDS.reply))).toBe('bad_json');
  expect(reasonOf('{}'.repeat(REPLY_BOUNDS.reply / 2))).toBe('bad_shape');
  expect(reasonOf('```json {'.repeat(REPLY_BOUNDS.reply / 9))).toBe('bad_json');
});

it('letters are counted; others are left out', () => {
  expect(countLetters(['A', 'D', 'A', 'E', ''])).toEqual({ A: 2, B: 0, C: 0, D: 1 });
});
