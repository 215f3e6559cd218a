/**
 * Questions from captions: what a model is asked, what it is told when its reply cannot be used, and the row that a usable reply
 * becomes. Reading the reply is reply.ts's, asking generators/'s.
 */
import type { GenerationRequest, Message, Sampling } from '../generation.js';
import type { GeneratorIdentity } from '../generators.js';
import { IMAGE_MARK, type Row } from '../row.js';
import { PROMPTS } from './prompts.js';
import { describeRefusal, MCQ_LETTERS, parseReply, type Mcq, type ParsedReply, type Refusal } from './reply.js';
import { render, userMessage, withoutMarks, wordingOf, wordsOf, type Wording } from './wording.js';

/** What synthesis needs of a caption's row. */
export type CaptionRow = Pick<Row, 'id' | 'images' | 'caption' | 'source'>;

interface Asking {
  readonly by: GeneratorIdentity;
  readonly sampling: Sampling;
  readonly seed: number;
}

/** `template` is given the caption alone and answers with the same JSON as a model does. */
export function synthesisRequest(caption: string, { by, sampling, seed }: Asking): GenerationRequest {
  const text = wordingOf(by) === 'words' ? caption.trim() : render(PROMPTS.synthesis.ask, { caption });
  // A caption may hold the mark as a word; no image goes with it.
  return { messages: [userMessage(withoutMarks(text))], sampling, seed, sample: 0 };
}

/** Characters of a refused reply that are sent back. */
const MOST_QUOTED = 8_000;

/** The conversation so far, the refused reply, and why it was refused. */
export function repairRequest(before: GenerationRequest, reply: string, refusal: Refusal): GenerationRequest {
  const text = render(PROMPTS.synthesis.repair, { reason: describeRefusal(refusal) });
  const said = reply.length > MOST_QUOTED ? `${reply.slice(0, MOST_QUOTED)}...` : reply;
  // Servers refuse an assistant's turn without text, and two turns of the user in a row.
  const more: readonly Message[] =
    said.trim() === ''
      ? []
      : [
          { role: 'assistant', content: [{ type: 'text', text: said }] },
          { role: 'user', content: [{ type: 'text', text }] },
        ];
  const last = before.messages.at(-1);
  const messages =
    more.length > 0 || last === undefined
      ? [...before.messages, ...more]
      : [
          ...before.messages.slice(0, -1),
          { ...last, content: [...last.content, { type: 'text' as const, text: `\n\n${text}` }] },
        ];
  return { ...before, messages };
}

/** Rounds of repair: the template would write the same again. */
export function repairRounds(by: GeneratorIdentity, repair: number): number {
  return by.kind === 'template' ? 0 : repair;
}

export function readReply(text: string, by: GeneratorIdentity, cutOff: boolean): ParsedReply {
  return parseReply(text, { wording: wordingOf(by), cutOff });
}

export const questionId = (captionId: string): string => `${captionId}-mcq`;

/** @param settings of the derivation */
export function questionRow(
  caption: CaptionRow,
  mcq: Mcq,
  settings: { readonly by: GeneratorIdentity; readonly capability: string; readonly kind: string },
): Row {
  const wording = wordingOf(settings.by);
  return {
    id: questionId(caption.id),
    capability: settings.capability,
    // In words, as core/digits/question.ts asks: the kind is the first of them.
    kind: wording === 'words' ? (wordsOf(mcq.question)[0] ?? settings.kind) : settings.kind,
    problem: problemText(mcq, caption.images.length, wording),
    images: [...caption.images],
    answer: mcq.answer,
    options: MCQ_LETTERS.map((letter) => mcq.options[letter]),
    ...(caption.caption === undefined ? {} : { caption: caption.caption }),
    ...(caption.source === undefined ? {} : { source: caption.source }),
    meta: { caption_of: caption.id },
  };
}

/** In prose: as the published format_for_training words it, so that its trainers see what they were made for. */
export function problemText(
  { question, options }: Pick<Mcq, 'question' | 'options'>,
  images: number,
  wording: Wording,
): string {
  if (wording === 'words')
    return [
      ...Array.from({ length: images }, () => IMAGE_MARK),
      ...wordsOf(question),
      ...MCQ_LETTERS.flatMap((letter) => [letter, ...wordsOf(options[letter])]),
    ].join(' ');
  const listed = MCQ_LETTERS.map((letter) => `${letter}: ${options[letter]}`).join('\n');
  return `${IMAGE_MARK.repeat(images)}${question}\nOptions:\n${listed}\nRespond using only the letter corresponding to the correct answer.\n`;
}
