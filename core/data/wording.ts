/**
 * How a row is put to a model: in prose (the templates of prompts.ts) or in words (the embedded model's vocabulary, as the row has
 * them). And messages: text with its images where `<image>` stands. What is asked is synthesis.ts's, perception-filter.ts's and
 * difficulty.ts's.
 */
import { Template } from '@huggingface/jinja';
import { DIGITS_KINDS } from '../digits/derivation.js';
import { wordId } from '../digits/vocabulary.js';
import { StagewrightError } from '../failures.js';
import type { Message, Part } from '../generation.js';
import type { GeneratorIdentity } from '../generators.js';
import { IMAGE_MARK, type Row } from '../row.js';

export type Wording = 'words' | 'prose';

/** Of the questions that a generator writes, and of the captions that it is given for them. */
export function wordingOf(identity: GeneratorIdentity): Wording {
  return identity.kind === 'endpoint' ? 'prose' : 'words';
}

/**
 * Of a row that a generator answers. Rows of the digits task are in words whoever answers: behind a server may stand the embedded
 * model (`stagewright serve`), and another model makes as much of the words with a prompt around them as without.
 */
export function wordingFor(row: Pick<Row, 'kind' | 'problem'>, identity: GeneratorIdentity): Wording {
  if (identity.kind === 'onnx') return 'words';
  const inWords = (DIGITS_KINDS as readonly string[]).includes(row.kind) && wordsOf(row.problem).every(isKnown);
  return inWords ? 'words' : 'prose';
}

export const wordsOf = (text: string): string[] =>
  text.split(/\s+/).filter((word) => word !== '' && word !== IMAGE_MARK);
export const isKnown = (word: string): boolean => wordId(word) !== undefined;

const templates = new Map<string, Template>();

export function render(template: string, values: Readonly<Record<string, string>>): string {
  const known = templates.get(template) ?? new Template(template);
  templates.set(template, known);
  return known.render({ ...values });
}

/**
 * A user's message: text and images in the order of the marks.
 * @param images sha256 of the row's image files, in its order. @throws StagewrightError DataInvalid when marks and images differ in number
 */
export function userMessage(text: string, images: readonly string[] = []): Message {
  const pieces = text.split(IMAGE_MARK);
  if (pieces.length !== images.length + 1)
    throw new StagewrightError(
      'DataInvalid',
      `a question has ${pieces.length - 1} ${IMAGE_MARK} for ${images.length} images; it needs one for each`,
    );
  const content = pieces.flatMap((piece, i): Part[] => {
    const image = images[i];
    return [
      ...(piece.trim() === '' ? [] : [{ type: 'text' as const, text: piece }]),
      ...(image === undefined ? [] : [{ type: 'image' as const, sha256: image }]),
    ];
  });
  return { role: 'user', content: content.length > 0 ? content : [{ type: 'text', text }] };
}

/** Without image marks, for those who do not see them. */
export const withoutMarks = (problem: string): string => problem.replaceAll(IMAGE_MARK, '').trim();
