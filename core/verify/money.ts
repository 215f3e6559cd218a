/** A currency before its number. */
import { rule } from './rules.js';
import { isOp, type Tokens } from './token-spans.js';
import { MONEY } from './units.js';

const PREFIXES: Readonly<Record<string, string>> = {
  USD: 'usd',
  US: 'usd',
  EUR: 'eur',
  GBP: 'gbp',
  Rs: 'inr',
  RMB: 'cny',
  CNY: 'cny',
};
export function withoutMoney(tokens: Tokens): { rest: Tokens; money: string | undefined } {
  const at = isOp(tokens[0], '-') ? 1 : 0;
  const first = tokens[at];
  if (first === undefined || !rule('money')) return { rest: tokens, money: undefined };
  const isPrefix = first.t === 'op' && MONEY.has(first.v);
  let money = isPrefix ? first.v : first.t === 'word' ? PREFIXES[first.v] : undefined;
  if (money === undefined || tokens.length <= at + 1) return { rest: tokens, money: undefined };
  let skip = at + 1;
  if (isOp(tokens[skip], 'usd') && !isPrefix) skip++;
  if (isOp(tokens[skip], 'usd')) money = undefined;
  return { rest: [...tokens.slice(0, at), ...tokens.slice(skip)], money };
}
