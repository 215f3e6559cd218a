/** Option letters: which option a gold or an answer names. A letter is a whole token: "AB", "Diameter" and "a triangle" name none. */
import { rule } from './rules.js';
import { folded } from './text.js';

const WRAP =
  /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathsf|boldsymbol|bm|mbox|left|right|displaystyle)(?![A-Za-z])|[{}$*]|\\[,;:! ()[\]]/g;

/** LaTeX wrapping off, one space where several were. */
const bare = (text: string): string => text.replace(WRAP, ' ').replace(/\s+/g, ' ').trim();

/** B · (B) · B. · B. 45° · (B) 45° · B: 45° */
const GOLD = /^(?:\(([A-J])\)|\[([A-J])\]|([A-J])(?=$|[.):]))(.*)$/s;

export interface Letter {
  readonly letter: string;
  /** What stands behind it: the option's text. */
  readonly rest: string;
}

/** The option that a gold is, if it is one. */
export function goldLetter(gold: string): Letter | undefined {
  const match = GOLD.exec(bare(gold));
  const letter = match?.[1] ?? match?.[2] ?? match?.[3];
  if (match === null || letter === undefined || !rule('letter-gold')) return undefined;
  const rest = (match[4] ?? '').replace(/^[.):\s]+/, '').trim();
  // "A. B. Smith" and "C:\" aside, a letter with a relation behind it is mathematics: "A = (3,4)".
  return /^[=<>+*/^_-]/.test(rest) ? undefined : { letter, rest };
}

const LEAD =
  /^(?:the\s+)?(?:correct\s+|final\s+|right\s+|best\s+)?(?:(?:answer|option|choice|letter|statement|figure|graph)(?:\s+(?:is|letter))?\s*:?\s*)+/i;
const ONE = /^(?:\(([A-Ja-j])\)|\[([A-Ja-j])\]|([A-Ja-j])(?![A-Za-z0-9_^'\\]))/;
/** Behind a capital letter without a mark these go on with the sentence; other words would make the letter one of them. */
const GOES_ON = /^(?:because|since|as|so|for|by|which|where|is|with|,|;|–|—)(?![A-Za-z])/i;

function oneLetter(text: string): Letter | undefined {
  const lead = rule('option-words') ? text.replace(LEAD, '') : text;
  const match = ONE.exec(lead);
  const found = match?.[1] ?? match?.[2] ?? match?.[3];
  if (match === null || found === undefined) return undefined;
  const behind = lead.slice(match[0].length);
  const bracketed = match[3] === undefined;
  const capital = found === found.toUpperCase();
  const marked = /^\s*[.):]/.test(behind);
  const rest = behind.replace(/^\s*[.):]+\s*/, '').trim();
  const alone = rest === '' || /^[.,;!]+$/.test(rest);
  if (alone || bracketed || (marked && (capital || rule('letter-case')))) return letterOf(found, alone ? '' : rest);
  const text2 = behind.trimStart();
  if (!marked && capital && (GOES_ON.test(text2) || /^[-\d\\(]/.test(text2)) && !/^[-(]?\d*\s*[=<>+]/.test(text2))
    return letterOf(found, '');
  return undefined;
}
function letterOf(found: string, rest: string): Letter | undefined {
  if (!rule('letter-case') && found !== found.toUpperCase()) return undefined;
  return { letter: found.toUpperCase(), rest };
}

const SEVERAL =
  /^(?:either\s+|both\s+|options?\s+)*\(?[A-Ja-j]\)?(?:\s*(?:,|;|\/|&|and|or)\s*(?:and\s+|or\s+)?(?:option\s+)?\(?[A-Ja-j]\)?(?![A-Za-z]))+[.]?$/i;

/** The options that an answer names, in order; none if it names none. */
export function letters(answer: string): readonly Letter[] {
  const text = bare(answer);
  if (text.length > 2_000) return [];
  const lead = text.replace(LEAD, '');
  if (rule('several-letters') && SEVERAL.test(lead)) {
    const names = lead.match(/(?<![A-Za-z])[A-Ja-j](?![A-Za-z])/g) ?? [];
    return names.map((name) => ({ letter: name.toUpperCase(), rest: '' }));
  }
  const one = oneLetter(text);
  return one === undefined ? [] : [one];
}

/** Several letters as a gold: "A, C". */
export function goldLetters(gold: string): readonly string[] {
  const text = bare(gold);
  if (!/^\(?[A-J]\)?(?:\s*(?:,|;|and|&)\s*\(?[A-J]\)?)+\.?$/.test(text)) return [];
  return text.match(/[A-J]/g) ?? [];
}

export const indexOf = (letter: string): number => letter.charCodeAt(0) - 65;
export const letterAt = (index: number): string => String.fromCharCode(65 + index);

/** The one option whose text this is, by words. */
export function optionWithText(answer: string, choices: readonly string[]): number {
  const text = folded(answer);
  return text === '' ? -1 : choices.findIndex((choice) => folded(choice) === text);
}
