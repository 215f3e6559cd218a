/** What a person calls the thing that an equation computes: x, f(x), AB, \angle ABC, "Area". */
import { closes, type Tokens } from './token-spans.js';
import type { Token } from './tokens.js';

/** Names of what is computed: x, x_1, f(x), AB, \angle ABC, "Area". */
export function isName(tokens: Tokens): boolean {
  const [first, second] = tokens;
  if (first === undefined) return false;
  const only = tokens.length === 1;
  if (tokens.every((token) => token.t === 'word' && (token.tx || token.v.length > 3))) return true;
  if (only) return first.t === 'sym' || (first.t === 'word' && (token2(first) || first.tx));
  if (first.t === 'sym' || first.t === 'word' || first.v === 'angle' || first.v === 'triangle') {
    if (first.v === 'm' && second?.v === 'angle') return true;
    if (first.v === 'angle' || first.v === 'triangle') return tokens.length <= 3;
    if (second?.v === '_' || second?.v === "'") return !tokens.some((token) => '+-*/=^'.includes(token.v));
    return second?.v === '(' && closes(tokens.slice(1)) && first.t === 'sym';
  }
  return (
    first.t === 'cmd' && /^(?:overline|vec|hat|bar|overrightarrow|widehat)$/.test(first.v) && closes(tokens.slice(1))
  );
}
/** Two capitals name a segment. */
const token2 = (token: Token): boolean => /^[A-Z]{2,3}$/.test(token.v) || token.v.length > 3;
