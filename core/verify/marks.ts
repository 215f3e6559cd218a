/** Tokens that separate: relations, commas, unions; and words that say no more than a sign. */
import { rule } from './rules.js';
import { isOp } from './token-spans.js';
import type { Token } from './tokens.js';

const RELATIONS = new Set(['=', '<', '>', '<=', '>=', '!=', '~', 'in']);
export const isRelation = (token: Token): boolean => token.t === 'op' && RELATIONS.has(token.v);
export const isListMark = (token: Token): boolean =>
  token.t === 'op' && (token.v === ',' || token.v === ';' || token.v === 'and' || token.v === 'or' || token.v === '&');
export const isSetMark = (token: Token): boolean =>
  token.t === 'op' && (token.v === 'cup' || token.v === 'cap' || token.v === 'minus');
export const HEDGES = new Set(['either', 'both']);
export const isWord = (token: Token | undefined, words: ReadonlySet<string>): boolean =>
  token?.t === 'word' && words.has(token.v.toLowerCase());
export const isPercent = (token: Token): boolean =>
  isOp(token, '%') || (token.t === 'word' && /^(?:percent|pct|percents)$/i.test(token.v) && rule('percent-words'));
