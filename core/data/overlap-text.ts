/**
 * The text of a question as two sets can be compared by: the question without image marks, its options, and nothing of how either
 * is set. Pictures are compared elsewhere (store/pixel-print.ts).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { IMAGE_MARK, type Row } from '../row.js';

/** 96 bits, as hexadecimal digits: of a million rows against a million, no two different ones are likely to share one. */
export const PRINT_DIGITS = 24;

export function printOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, PRINT_DIGITS);
}

/** Null for a row whose text says nothing: its image alone is the question. */
export function textPrint(row: Pick<Row, 'problem' | 'options'>): string | null {
  const { question, options } = comparableText(row);
  return question === '' && options.length === 0 ? null : printOf([question, ...options].join('\n'));
}

/** Options are sorted: in another order it is the same question. */
export function comparableText({ problem, options }: Pick<Row, 'problem' | 'options'>): {
  question: string;
  options: string[];
} {
  const { question, listed } = withoutOptions(problem.replaceAll(IMAGE_MARK, ' '));
  const given = options === undefined || options.length === 0 ? listed : options;
  return { question: normalizeText(question), options: given.map(normalizeText).sort() };
}

/**
 * Width, case, white space, and the punctuation around words. Punctuation within a word stays, as do signs: `x-1` is not `x1`, `1.5`
 * not `15`, `-5` not `5`, `5%` not `5`.
 */
export function normalizeText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .map((word) => word.replace(AROUND, ''))
    .filter((word) => word !== '')
    .join(' ');
}
const MARKS = '.,;:!?"\'`“”‘’«»…()\\[\\]{}*_$。、–—';
const AROUND = new RegExp(`^[${MARKS}]+(?![.,]?\\d)|^["'\`“”‘’«»()\\[\\]{}*_$]+|[${MARKS}]+$`, 'gu');

const OPTION_LINE = /^\s*\(?([A-J])[.):]\s*(.*)$/;
const HEADING = /^\s*(?:options|choices)\s*:?\s*$/i;

/** A list of options, one a line from A on, ends the question; what follows it only says how to answer. */
function withoutOptions(text: string): { question: string; listed: string[] } {
  const lines = text.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const first = OPTION_LINE.exec(line);
    if (first?.[1] !== 'A') continue;
    const listed = optionsFrom(lines.slice(i));
    if (listed.length < 2) continue;
    const before = HEADING.test(lines[i - 1] ?? '') ? i - 1 : i;
    return { question: lines.slice(0, before).join('\n'), listed };
  }
  return { question: text, listed: [] };
}

function optionsFrom(lines: readonly string[]): string[] {
  const listed: string[] = [];
  for (const line of lines) {
    const match = OPTION_LINE.exec(line);
    if (match?.[1] !== String.fromCharCode(65 + listed.length)) break;
    listed.push(match[2] ?? '');
  }
  return listed;
}
