/**
 * The comparison inside the verifier `digits` (verifier.ts): is the form right, is the answer right, which digits does the trace
 * name. It compares words, nothing else: every answer is one word, so no text is made or parsed for a sample of a training step.
 */
import type { Row } from '../row.js';
import { BOX, BOXED, END, PAD, PLACES, THINK, THOUGHT, type Place } from './vocabulary.js';

/** Raised when a response would be graded otherwise. */
export const DIGITS_VERIFIER = { name: 'digits', version: 1 } as const;

export interface Grade {
  /** The response ends and has the asked form. */
  readonly format: boolean;
  readonly correct: boolean;
  /** What the response answers; null without the form. */
  readonly answer: string | null;
  /** Words of the trace; without the form all words there are. */
  readonly trace: readonly string[];
  /** Where the answer stands: in its box, or as the whole of a caption. */
  readonly found: 'box' | 'bare' | 'none';
}

/** @param words a response with its `<eos>`, as decodeResponse gives it; one without never ended, so it has no form. */
export function gradeResponse(row: Pick<Row, 'kind' | 'answer'>, words: readonly string[]): Grade {
  const end = words.indexOf(END);
  const body = end < 0 ? words : words.slice(0, end);
  const parts = end < 0 ? null : row.kind === 'describe' ? captionParts(body) : boxedParts(body);
  if (parts === null) return { format: false, correct: false, answer: null, trace: body, found: 'none' };
  return { format: true, correct: parts.answer === row.answer, ...parts };
}

/** (1 - format_weight) * accuracy + format_weight * format. */
export function rewardOf(grade: Pick<Grade, 'format' | 'correct'>, formatWeight: number): number {
  return (1 - formatWeight) * Number(grade.correct) + formatWeight * Number(grade.format);
}

type Parts = Pick<Grade, 'trace' | 'found'> & { readonly answer: string };
const MARKS: ReadonlySet<string> = new Set([THINK, THOUGHT, BOX, BOXED, PAD]);

/** `<think> trace </think> \boxed{ answer }`, trace not empty, answer one word. */
function boxedParts(words: readonly string[]): Parts | null {
  const [think, thought, box, answer, boxed] = [words[0], ...words.slice(-4)];
  if (words.length < 6 || think !== THINK || thought !== THOUGHT || box !== BOX || boxed !== BOXED) return null;
  const trace = words.slice(1, -4);
  if (answer === undefined || [...trace, answer].some((word) => MARKS.has(word))) return null;
  return { answer, trace, found: 'box' };
}

/** The four places in order, each with a digit. */
export function isCaption(words: readonly string[]): boolean {
  return (
    words.length === 2 * PLACES.length &&
    PLACES.every((place, i) => words[2 * i] === place && isDigit(words[2 * i + 1]))
  );
}
function captionParts(words: readonly string[]): Parts | null {
  return isCaption(words) ? { answer: words.join(' '), trace: words, found: 'bare' } : null;
}

const isPlace = (word: string | undefined): word is Place => (PLACES as readonly (string | undefined)[]).includes(word);
const isDigit = (word: string | undefined): word is string => word !== undefined && /^[0-9]$/.test(word);

/** The digit that the trace names for each place, at its first mention. */
export function readDigits(trace: readonly string[]): Partial<Record<Place, number>> {
  const out: Partial<Record<Place, number>> = {};
  for (const [i, place] of trace.entries()) {
    const digit = trace[i + 1];
    if (isPlace(place) && isDigit(digit)) out[place] ??= Number(digit);
  }
  return out;
}

/**
 * Of the digits that a visual question asks for, in its order: `[true digit, was it read right]`; empty for other kinds. A wrong
 * answer with a misread among them is a misperception, one without is an error of reasoning.
 */
export function readsOf(row: Pick<Row, 'kind' | 'problem' | 'meta'>, trace: readonly string[]): [number, boolean][] {
  const digits = row.meta?.digits;
  if (row.kind !== 'visual_sum' || !Array.isArray(digits)) return [];
  const read = readDigits(trace);
  return row.problem
    .split(' ')
    .filter(isPlace)
    .map((place): [number, boolean] => {
      const truth = Number(digits[PLACES.indexOf(place)]);
      return [truth, read[place] === truth];
    });
}
