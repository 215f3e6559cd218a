/**
 * Strict reading of a reply that should hold one multiple-choice question as JSON: the question, or the one reason why not, in
 * words for people and for the repair prompt. The lenient reading that was published is not here.
 */
import { z } from 'zod';
import { withoutThinking } from '../verify/extract.js';
import { IMAGE_MARK } from '../row.js';
import { isKnown, wordsOf, type Wording } from './wording.js';

export const MCQ_LETTERS = ['A', 'B', 'C', 'D'] as const;
export type McqLetter = (typeof MCQ_LETTERS)[number];

export interface Mcq {
  readonly question: string;
  readonly options: Readonly<Record<McqLetter, string>>;
  readonly answer: McqLetter;
}

export const REPLY_BOUNDS = { reply: 100_000, question: 1_000, option: 300 } as const;

/** Each is said to the model as it stands, followed by the detail. */
export const REPLY_REASONS = {
  empty: 'the reply is empty',
  too_long: 'the reply, its question or an option is too long',
  cut_off: 'the reply was cut off before its end; be shorter',
  no_json: 'the reply has no JSON block',
  bad_json: 'the JSON cannot be read',
  several_blocks: 'the reply has several different questions; one was asked for',
  bad_shape: 'the JSON has not the form that was asked for',
  blank: 'the question or an option is empty',
  bad_answer: 'the answer must be exactly one of the letters A, B, C, D',
  same_options: 'the four options must differ',
  mentions_caption: 'the question must be about the image and not mention its caption or description',
  control_characters: 'the question or an option has control characters, line breaks or an image mark',
  unknown_words: 'the question is not in the words of the embedded model',
} as const;
export type ReplyReason = keyof typeof REPLY_REASONS;
export const replyReasonSchema = z.enum(Object.keys(REPLY_REASONS) as [ReplyReason, ...ReplyReason[]]);

export interface Refusal {
  readonly reason: ReplyReason;
  /** Where and what; may be empty. */
  readonly detail: string;
}
export type ParsedReply = { readonly ok: true; readonly mcq: Mcq } | ({ readonly ok: false } & Refusal);

/** For people and for the repair prompt. */
export function describeRefusal({ reason, detail }: Refusal): string {
  return detail === '' ? REPLY_REASONS[reason] : `${REPLY_REASONS[reason]} (${detail})`;
}

export interface ReplySettings {
  /** What the question is written in; default prose. */
  readonly wording?: Wording;
  /** The model ended at its limit of tokens. */
  readonly cutOff?: boolean;
}

export function parseReply(text: string, { wording = 'prose', cutOff = false }: ReplySettings = {}): ParsedReply {
  if (text.trim() === '') return refuse(cutOff ? 'cut_off' : 'empty');
  if (text.length > REPLY_BOUNDS.reply) return refuse('too_long', `${text.length} characters`);
  const found = question(withoutThinking(text));
  if (!('value' in found)) return cutOff && found.reason !== 'several_blocks' ? refuse('cut_off') : found;
  return checked(found.value, wording);
}

const refuse = (reason: ReplyReason, detail = ''): { ok: false } & Refusal => ({ ok: false, reason, detail });

/** What should be the question: of several blocks the only one that has a `question`; otherwise the first. */
function question(text: string): { readonly value: unknown } | ({ ok: false } & Refusal) {
  const blocks = jsonBlocks(text);
  const [first] = blocks;
  if (first === undefined) return refuse('no_json');
  const read = blocks.map(parse);
  const asked = new Map(read.filter(isQuestion).map(({ value }) => [JSON.stringify(value), value]));
  if (asked.size > 1) return refuse('several_blocks', `${asked.size} of them`);
  const [only] = asked.values();
  return only === undefined ? (read[0] ?? refuse('no_json')) : { value: only };
}

type Read = { readonly value: unknown } | ({ ok: false } & Refusal);
const isQuestion = (read: Read): read is { readonly value: object } =>
  'value' in read && typeof read.value === 'object' && read.value !== null && 'question' in read.value;

function parse(block: string): Read {
  try {
    return { value: JSON.parse(block) };
  } catch (error) {
    return refuse('bad_json', error instanceof Error ? short(error.message) : '');
  }
}

const FENCE = /```[ \t]*(?:json|JSON)?\s*(?=\{)([\s\S]*?)```/g;
/** Contents of fenced blocks; without any, the objects that stand in the open. */
function jsonBlocks(text: string): string[] {
  const fenced = [...text.matchAll(FENCE)].map((match) => (match[1] ?? '').trim());
  return fenced.length > 0 ? fenced : bareObjects(text);
}

/** From a brace to its partner, strings skipped; an object that never closes runs to the end. */
function bareObjects(text: string): string[] {
  const out: string[] = [];
  for (let at = text.indexOf('{'); at >= 0 && out.length < 8;) {
    const end = endOfObject(text, at);
    out.push(text.slice(at, end));
    at = text.indexOf('{', end);
  }
  return out;
}
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Other keys beside these three say nothing and are left alone; a fifth option is no such question. */
const shapeSchema = z.object({
  question: z.string(),
  options: z.strictObject({ A: z.string(), B: z.string(), C: z.string(), D: z.string() }),
  answer: z.string(),
});

function checked(value: unknown, wording: Wording): ParsedReply {
  const shaped = shapeSchema.safeParse(value);
  if (!shaped.success) return refuse('bad_shape', issuesOf(shaped.error));
  const mcq = trimmed(shaped.data);
  const { options } = mcq;
  const texts: [string, string, number][] = [
    ['question', mcq.question, REPLY_BOUNDS.question],
    ...MCQ_LETTERS.map((letter): [string, string, number] => [
      `option ${letter}`,
      options[letter],
      REPLY_BOUNDS.option,
    ]),
  ];
  for (const [where, text, most] of texts) {
    if (!SAYS_SOMETHING.test(text)) return refuse('blank', where);
    if (text.length > most) return refuse('too_long', `${where}: ${text.length} characters, at most ${most}`);
    if (UNFIT.test(text) || text.includes(IMAGE_MARK) || !isWellFormed(text))
      return refuse('control_characters', where);
  }
  const answer = MCQ_LETTERS.find((letter) => letter === mcq.answer);
  if (answer === undefined) return refuse('bad_answer', `it is ${JSON.stringify(short(mcq.answer))}`);
  const same = firstPair(MCQ_LETTERS, (a, b) => optionKey(a, options[a]) === optionKey(b, options[b]));
  if (same !== undefined) return refuse('same_options', same.join(' and '));
  const mention = texts.find(([, text]) => MENTION.test(text));
  if (mention !== undefined)
    return refuse('mentions_caption', `${mention[0]}: "${MENTION.exec(mention[1])?.[0] ?? ''}"`);
  if (wording === 'words') {
    const complaint = wordsComplaint(mcq.question, Object.values(options));
    if (complaint !== undefined) return refuse('unknown_words', complaint);
  }
  return { ok: true, mcq: { ...mcq, answer } };
}

function trimmed({ question, options, answer }: z.infer<typeof shapeSchema>): z.infer<typeof shapeSchema> {
  const { A, B, C, D } = options;
  const texts = { A: A.trim(), B: B.trim(), C: C.trim(), D: D.trim() };
  return { question: question.trim(), options: texts, answer: answer.trim() };
}

/** A letter, a digit or a symbol; punctuation alone says nothing. */
const SAYS_SOMETHING = /[\p{L}\p{N}\p{S}]/u;
// Tabs are mere white space. Any line break would make another line of the question's options.
const UNFIT = /(?!\t)[\p{Cc}\u2028\u2029]/u;
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

/** What a reader of the image alone could not be asked about. */
const MENTION =
  /\bcaption(?:s|ed)?\b|\bdescriptions?\b|\b(?:as|is|are|was|were) (?:described|mentioned|stated)\b|\b(?:described|mentioned|stated) (?:in|by|above)\b|\baccording to the (?:text|passage|paragraph)\b/i;

/** The option as a reader tells it from the others: width, case, spacing, its own label and a full stop do not count. */
function optionKey(letter: McqLetter, text: string): string {
  const plain = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  const label = new RegExp(`^\\(?${letter.toLowerCase()}[.):]\\s+(?=\\S)`);
  const quotes = /^["'“”‘’]+|["'“”‘’.,;:!?]+$/g;
  const bare = plain.replace(label, '').replace(quotes, '').trim();
  return bare === '' ? plain : bare;
}

function firstPair<T>(items: readonly T[], alike: (a: T, b: T) => boolean): [T, T] | undefined {
  for (const [i, a] of items.entries()) for (const b of items.slice(i + 1)) if (alike(a, b)) return [a, b];
  return undefined;
}

/** Kinds of question that a caption of digits answers and the embedded model knows. */
export const WORDED_KINDS = ['at', 'largest', 'smallest'] as const;

function wordsComplaint(question: string, options: readonly string[]): string | undefined {
  const [kind = ''] = wordsOf(question);
  if (!(WORDED_KINDS as readonly string[]).includes(kind))
    return `it starts with "${short(kind)}", not with ${WORDED_KINDS.join(', ')}`;
  const unknown = [question, ...options].flatMap(wordsOf).find((word) => !isKnown(word));
  return unknown === undefined ? undefined : `"${short(unknown)}"`;
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function issuesOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the JSON'}: ${short(issue.message)}`)
    .join('; ');
}

/** How many questions have each letter as their answer: a writer that favours one is seen here. Nothing is rebalanced. */
export function countLetters(answers: Iterable<string>): Record<McqLetter, number> {
  const counts = { A: 0, B: 0, C: 0, D: 0 };
  for (const answer of answers) {
    const letter = MCQ_LETTERS.find((one) => one === answer);
    if (letter !== undefined) counts[letter]++;
  }
  return counts;
}
