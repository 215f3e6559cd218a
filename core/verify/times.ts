/** Times of day, and durations in several units. */
import { rule } from './rules.js';
import { isOp, type Tokens } from './token-spans.js';
import { unitOf } from './units.js';
import type { Time } from './value.js';

export function timeOf(tokens: Tokens): Time | undefined {
  const [h, , m] = tokens;
  if (!rule('times') || h?.t !== 'num' || m?.t !== 'num' || !/^\d{1,2}$/.test(h.v) || !/^[0-5]\d$/.test(m.v))
    return undefined;
  if (Number(h.v) > 24 || !isOp(tokens[1], ':')) return undefined;
  let at = 3;
  let seconds = Number(h.v) * 3600 + Number(m.v) * 60;
  const s = tokens[4];
  if (isOp(tokens[3], ':')) {
    if (s?.t !== 'num' || !/^[0-5]\d$/.test(s.v)) return undefined;
    seconds += Number(s.v);
    at = 5;
  }
  const behind = tokens
    .slice(at)
    .map((token) => token.v.toLowerCase())
    .join('')
    .replace(/\./g, '');
  if (behind !== '' && behind !== 'am' && behind !== 'pm') return undefined;
  const half = behind === '' ? undefined : behind;
  if (half === 'pm' && seconds < 12 * 3600) seconds += 12 * 3600;
  if (half === 'am' && seconds >= 12 * 3600) seconds -= 12 * 3600;
  return { seconds, half };
}

/** "2 hours 30 minutes" in its parts; one part for everything else. */
export function compoundParts(tokens: Tokens): Tokens[] {
  const starts = [0];
  for (let i = 2; i < tokens.length; i++) {
    const before = tokens[i - 1];
    if (tokens[i]?.t === 'num' && before?.t === 'word' && unitOf(before.v) !== undefined && tokens[i - 2]?.t === 'num')
      starts.push(i);
  }
  if (starts.length === 1 || !rule('compound')) return [tokens];
  return starts.map((start, i) => tokens.slice(start, starts[i + 1]));
}
