/** Runs of tokens: where brackets close, and the pieces between separators that stand outside all brackets. */
import { BOUNDS, TooLarge } from './bounds.js';
import type { Token } from './tokens.js';

export type Tokens = readonly Token[];
export const isOp = (token: Token | undefined, v: string): boolean => token?.t === 'op' && token.v === v;

export function trimmed(tokens: Tokens): Tokens {
  let end = tokens.length;
  while (end > 0 && [',', '.', ';', ':', '\\\\'].some((v) => isOp(tokens[end - 1], v))) end--;
  let start = 0;
  while (start < end && (isOp(tokens[start], ':') || isOp(tokens[start], ','))) start++;
  return start === 0 && end === tokens.length ? tokens : tokens.slice(start, end);
}

/** The pieces between the separators that stand outside all brackets, and the separators. */
export function split(tokens: Tokens, isSeparator: (token: Token) => boolean): { pieces: Tokens[]; marks: Token[] } {
  const pieces: Tokens[] = [];
  const marks: Token[] = [];
  let depth = 0;
  let from = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.t === 'open') depth++;
    else if (token.t === 'close') depth--;
    else if (depth === 0 && isSeparator(token)) {
      pieces.push(tokens.slice(from, i));
      marks.push(token);
      from = i + 1;
    }
  }
  if (marks.length > BOUNDS.items) throw new TooLarge('too many members');
  pieces.push(tokens.slice(from));
  return { pieces, marks };
}

/** Does the first bracket close with the last token? */
export function closes(tokens: Tokens): boolean {
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.t === 'open') depth++;
    else if (token.t === 'close') depth--;
    if (depth === 0) return i === tokens.length - 1;
  }
  return false;
}
export const depthOf = (tokens: Tokens): number =>
  tokens.reduce((depth, { t }) => depth + (t === 'open' ? 1 : t === 'close' ? -1 : 0), 0);
