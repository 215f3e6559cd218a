/** Words that are numbers: cardinals, halves and quarters, "three and a half", and the scale words behind numerals. */
import { add, div, mul, rational, type Rational } from './rational.js';
import { rule } from './rules.js';
import type { Token } from './tokens.js';

const list = (words: string, from: number, step = 1): [string, bigint][] =>
  words.split(' ').map((word, i) => [word, BigInt(from + i * step)]);

const ONES = new Map(
  list(
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    0,
  ),
);
const TENS = new Map(list('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10));
const SCALES = new Map([
  ['thousand', 1_000n],
  ['million', 1_000_000n],
  ['billion', 1_000_000_000n],
  ['trillion', 1_000_000_000_000n],
]);
const PARTS = new Map([
  ['half', 2n],
  ['halves', 2n],
  ['third', 3n],
  ['thirds', 3n],
  ['quarter', 4n],
  ['quarters', 4n],
  ['fourth', 4n],
  ['fourths', 4n],
  ...list('fifth sixth seventh eighth ninth tenth', 5),
  ...list('fifths sixths sevenths eighths ninths tenths', 5),
  ['twelfth', 12n],
  ['twelfths', 12n],
  ['hundredth', 100n],
  ['hundredths', 100n],
] as [string, bigint][]);

/** Is the word a number, or part of one? */
export const isNumberWord = (word: string): boolean =>
  ONES.has(word) || TENS.has(word) || SCALES.has(word) || word === 'hundred' || PARTS.has(word) || word === 'dozen';

interface Read {
  readonly value: Rational;
  readonly end: number;
}

class WordReader {
  constructor(private readonly tokens: readonly Token[]) {}

  word(at: number): string {
    const token = this.tokens[at];
    return token?.t === 'word' || token?.t === 'sym' ? token.v.toLowerCase() : '';
  }
  /** Steps over the hyphen of "twenty-one". */
  private past(at: number): number {
    const token = this.tokens[at];
    return token?.t === 'op' && token.v === '-' && !token.sp && isNumberWord(this.word(at + 1)) ? at + 1 : at;
  }

  /** @param count of "a hundred": the article is the first word */
  cardinal(start: number, count = 0n): Read | undefined {
    let total = 0n;
    let current = count;
    let at = count > 0n ? start + 1 : start;
    let big = false;
    for (;;) {
      const next = at === start ? at : this.past(at);
      const word = this.word(next);
      const one = ONES.get(word) ?? TENS.get(word);
      if (one !== undefined) {
        // "two three" is no number.
        if (current % 10n !== 0n || (current % 100n !== 0n && one >= 10n) || (one === 0n && at !== start)) break;
        if (current === 0n && at !== start && !big) break;
        current += one;
      } else if (word === 'hundred' && at !== start) current *= 100n;
      else if (SCALES.has(word) && at !== start) {
        total += current * (SCALES.get(word) ?? 1n);
        current = 0n;
      } else if (word === 'and' && big && (ONES.has(this.word(next + 1)) || TENS.has(this.word(next + 1)))) {
        at = next + 1;
        continue;
      } else break;
      big ||= word === 'hundred' || SCALES.has(word);
      at = next + 1;
    }
    return at === start ? undefined : { value: rational(total + current), end: at };
  }

  number(start: number): Read | undefined {
    const article = (this.word(start) === 'a' || this.word(start) === 'an') && this.word(start + 1) !== '';
    if (this.word(start) === 'half' || (article && this.word(start + 1) === 'half'))
      return { value: rational(1n, 2n), end: start + (article ? 2 : 1) };
    if (article && this.word(start + 1) === 'dozen') return { value: rational(12n), end: start + 2 };
    if (article && PARTS.has(this.word(start + 1))) return this.part(rational(1n), start + 1);
    const hundred = this.word(start + 1) === 'hundred' || SCALES.has(this.word(start + 1));
    const whole = article && hundred ? this.cardinal(start, 1n) : this.cardinal(start);
    if (whole === undefined) return undefined;
    const part = this.part(whole.value, whole.end);
    if (part !== undefined) return part;
    if (this.word(whole.end) === 'and') {
      const next = whole.end + 1;
      const one = this.word(next) === 'a' ? { value: rational(1n), end: next + 1 } : this.cardinal(next);
      const behind =
        this.word(next) === 'half' ? { value: rational(1n, 2n), end: next + 1 } : one && this.part(one.value, one.end);
      if (behind !== undefined) return { value: add(whole.value, behind.value), end: behind.end };
    }
    return this.point(whole);
  }

  private part(count: Rational, at: number): Read | undefined {
    const next = this.past(at);
    const parts = PARTS.get(this.word(next));
    const value = parts === undefined ? null : div(count, rational(parts));
    return value === null ? undefined : { value, end: next + 1 };
  }

  /** "three point one four" */
  private point(whole: Read): Read {
    if (this.word(whole.end) !== 'point' || !ONES.has(this.word(whole.end + 1))) return whole;
    let { value, end } = whole;
    let scale = 1n;
    for (end++; (ONES.get(this.word(end)) ?? 10n) < 10n; end++) {
      scale *= 10n;
      value = add(value, rational(ONES.get(this.word(end)) ?? 0n, scale));
    }
    return { value, end };
  }
}

const SIGNS = new Set(['negative', 'minus']);

/** Number words become numerals, scale words multiply the numeral before them, "and" and "or" become operators. */
export function numerals(tokens: readonly Token[]): readonly Token[] {
  if (!tokens.some((token) => token.t === 'word' || token.v === 'x')) return tokens;
  const reader = new WordReader(tokens);
  const out: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at];
    if (token === undefined) break;
    const word = reader.word(at);
    const before = out.at(-1);
    const scale = SCALES.get(word) ?? (word === 'dozen' ? 12n : word === 'hundred' ? 100n : undefined);
    const read = word === '' || !rule('number-words') ? undefined : reader.number(at);
    if (before?.t === 'num' && before.q !== undefined && scale !== undefined && rule('scale-words')) {
      out[out.length - 1] = { ...before, v: '', q: mul(before.q, rational(scale)) };
      at++;
    } else if (read !== undefined) {
      out.push({ t: 'num', v: '', sp: token.sp, tx: false, q: read.value, dec: false });
      at = read.end;
    } else if (SIGNS.has(word) && rule('number-words')) {
      out.push({ ...token, t: 'op', v: '-' });
      at++;
    } else if (isTimes(tokens, at) && rule('letter-times')) {
      out.push({ ...token, t: 'op', v: '*' });
      at++;
    } else {
      out.push(word === 'and' || word === 'or' ? { ...token, t: 'op', v: word } : token);
      at++;
    }
  }
  return out;
}

/** 7.2 x 10^4 */
function isTimes(tokens: readonly Token[], at: number): boolean {
  const [before, sign, ten, raised] = tokens.slice(Math.max(0, at - 1), at + 3);
  if (at === 0 || before?.t !== 'num' || sign?.v.toLowerCase() !== 'x') return false;
  return ten?.t === 'num' && ten.v === '10' && raised?.v === '^';
}
