/**
 * The tokenizer: one pass over an answer, LaTeX or plain text, into tokens that the parsers read. What has no meaning (spacing,
 * sizes, fonts, \left and \right) is dropped here; numerals are read whole, thousands separators and exponents included.
 */
import { BOUNDS, burn, TooLarge } from './bounds.js';
import { rational, type Rational } from './rational.js';
import { alpha, digit, EXPONENT, GROUP, REPEATED, wide } from './numeral-forms.js';
import { rule } from './rules.js';
import { BRACKETS, DROPPED, GREEK, OPERATORS, RENAMED, TEXT } from './token-tables.js';

export type TokenType = 'num' | 'sym' | 'word' | 'cmd' | 'op' | 'open' | 'close';
export interface Token {
  readonly t: TokenType;
  readonly v: string;
  /** Space stood before it. */
  readonly sp: boolean;
  /** It stood inside \text{…} or another text command. */
  readonly tx: boolean;
  readonly q?: Rational;
  readonly dec?: boolean;
}

class Tokenizer {
  readonly out: Token[] = [];
  private at = 0;
  private spaced = false;
  private brackets = 0;
  /** A list with ", " between its members: commas without a space are inside numerals. */
  private readonly spacedCommas: boolean;

  constructor(
    private readonly text: string,
    private readonly tx: boolean,
    private readonly depth: number,
  ) {
    this.spacedCommas = /,\s/.test(text);
  }

  run(): Token[] {
    while (this.at < this.text.length) this.next();
    return this.out;
  }

  private push(t: TokenType, v: string, more?: { q: Rational; dec: boolean }): void {
    burn(1);
    if (this.out.length >= BOUNDS.tokens) throw new TooLarge('too many tokens');
    // A brace groups; it opens no list.
    if (t === 'open' && v !== '{') this.brackets++;
    if (t === 'close' && v !== '}') this.brackets--;
    this.out.push({ t, v, sp: this.spaced, tx: this.tx, ...more });
    this.spaced = false;
  }

  private next(): void {
    const char = this.text[this.at] ?? '';
    if (char === ' ' || char === '\n' || char === '\t' || char === '\r' || char === '~' || char === '\u00a0') {
      this.spaced = true;
      this.at++;
    } else if (digit(char) || (char === '.' && digit(this.text[this.at + 1]))) this.numeral();
    else if (alpha(char) || wide(char)) this.letters();
    else if (char === '\\') this.command();
    else this.sign(char);
  }

  private numeral(): void {
    const { text } = this;
    let whole = '';
    while (digit(text[this.at])) whole += text[this.at++] ?? '';
    if (whole.length > 0 && whole.length <= 3 && whole[0] !== '0' && rule('thousands')) {
      for (;;) {
        GROUP.lastIndex = this.at;
        const group = GROUP.exec(text)?.[0];
        if (group === undefined) break;
        if (group === ',' && this.brackets > 0 && !this.spacedCommas) break;
        // "3 100/200" is a mixed number.
        if (group === ' ' && text[this.at + 4] === '/') break;
        whole += text.slice(this.at + group.length, this.at + group.length + 3);
        this.at += group.length + 3;
      }
    }
    let decimals = '';
    let repeated = '';
    if (text[this.at] === '.' && (digit(text[this.at + 1]) || text[this.at + 1] === '\\')) {
      let end = this.at + 1;
      while (digit(text[end])) decimals += text[end++] ?? '';
      REPEATED.lastIndex = end;
      const bar = rule('repeating') ? REPEATED.exec(text) : null;
      if (bar !== null) {
        repeated = bar[1] ?? '';
        end = REPEATED.lastIndex;
      }
      if (decimals !== '' || repeated !== '') this.at = end;
    }
    let exponent = 0;
    EXPONENT.lastIndex = this.at;
    const e = rule('e-notation') ? EXPONENT.exec(text) : null;
    if (e !== null) {
      exponent = Number(e[1]);
      this.at = EXPONENT.lastIndex;
    }
    if (Math.abs(exponent) * 3.33 > BOUNDS.bits || whole.length + decimals.length > BOUNDS.bits / 3.33)
      throw new TooLarge('too many digits');
    burn((whole.length * whole.length) / 10_000);
    let q = rational(BigInt(whole + decimals || '0'), 10n ** BigInt(decimals.length));
    if (repeated !== '') {
      const nines = 10n ** BigInt(repeated.length) - 1n;
      q = rational(q.n * nines + BigInt(repeated), q.d * nines);
    }
    if (exponent > 0) q = rational(q.n * 10n ** BigInt(exponent), q.d);
    if (exponent < 0) q = rational(q.n, q.d * 10n ** BigInt(-exponent));
    const dec = (decimals !== '' && repeated === '') || exponent < 0;
    this.push('num', decimals === '' && repeated === '' && exponent === 0 ? whole : '', { q, dec });
  }

  private letters(): void {
    const start = this.at;
    while (alpha(this.text[this.at]) || wide(this.text[this.at])) this.at++;
    const run = this.text.slice(start, this.at);
    this.push(run.length === 1 && !this.tx ? 'sym' : 'word', run);
  }

  private command(): void {
    const { text } = this;
    const next = text[this.at + 1];
    if (!alpha(next)) {
      this.at += 2;
      if (next === '{') this.push('open', 'set');
      else if (next === '}') this.push('close', 'set');
      else if (next === '\\') this.push('op', '\\\\');
      else if (next === '%') this.push('op', '%');
      else if (next === '$') this.push('op', 'usd');
      else if (next === '|') this.push('op', '||');
      else if (next === '_' || next === '&' || next === '#') this.push('op', `\\${next}`);
      // \( \) \[ \] are math delimiters; \, \; \: \! and "\ " are spaces.
      else this.spaced ||= next !== '!';
      return;
    }
    let end = this.at + 1;
    while (alpha(text[end])) end++;
    const name = text.slice(this.at + 1, end);
    this.at = end;
    if (name === 'left' || name === 'right') {
      while (text[this.at] === ' ') this.at++;
      if (text[this.at] === '.') this.at++;
      return;
    }
    if (DROPPED.has(name)) {
      if (name === 'quad' || name === 'qquad') this.spaced = true;
      return;
    }
    if (TEXT.has(name)) return this.textCommand(name);
    if (name === 'begin' || name === 'end') {
      const env = this.group() ?? '';
      // Alignment is layout only.
      if (/^(aligned|align|gathered|split|equation|center)\*?$/.test(env)) return;
      if (env === 'array') this.group();
      return this.push(name === 'begin' ? 'open' : 'close', `env:${env}`);
    }
    if (name === 'mathbb' || name === 'Bbb' || name === 'mathds') return this.push('cmd', `set:${this.group() ?? ''}`);
    if (name === 'not') {
      const rest = /^\s*(=|\\in)/.exec(text.slice(this.at, this.at + 8));
      if (rest !== null) {
        this.at += rest[0].length;
        return this.push('op', rest[1] === '=' ? '!=' : 'notin');
      }
    }
    const operator = OPERATORS[name];
    if (operator !== undefined) return this.push('op', operator);
    const bracket = BRACKETS[name];
    if (bracket !== undefined) return this.push(bracket[0], bracket[1]);
    if (GREEK.has(name)) return this.push('sym', name.replace(/^var/, ''));
    this.push('cmd', RENAMED[name] ?? name);
  }

  /** Reads `{…}` if it stands here; the text between its braces. */
  private group(): string | undefined {
    const { text } = this;
    let start = this.at;
    while (text[start] === ' ') start++;
    if (text[start] !== '{') return undefined;
    let depth = 0;
    for (let i = start; i < text.length; i++) {
      if (text[i] === '\\') i++;
      else if (text[i] === '{') depth++;
      else if (text[i] === '}' && --depth === 0) {
        this.at = i + 1;
        return text.slice(start + 1, i);
      }
    }
    this.at = text.length;
    return text.slice(start + 1);
  }

  private textCommand(name: string): void {
    const content = this.group();
    if (content === undefined) return;
    if (this.depth > BOUNDS.depth) throw new TooLarge('nested too deeply');
    // A single upright letter is mathematics (e, i, d), several are a word.
    const inner = new Tokenizer(
      content.replace(/\$/g, ' '),
      !(name.startsWith('math') && content.length === 1),
      this.depth + 1,
    );
    const tokens = inner.run();
    for (const [i, token] of tokens.entries()) {
      if (this.out.length >= BOUNDS.tokens) throw new TooLarge('too many tokens');
      this.out.push(i === 0 ? { ...token, sp: token.sp || this.spaced } : token);
    }
    this.spaced = content.endsWith(' ');
  }

  private sign(char: string): void {
    this.at++;
    const two = char + (this.text[this.at] ?? '');
    if (two === '<=' || two === '>=' || two === '!=') {
      this.at++;
      return this.push('op', two);
    }
    if (two === '**') {
      this.at++;
      return this.push('op', '^');
    }
    switch (char) {
      case '(':
      case '[':
      case '{':
        return this.push('open', char);
      case ')':
      case ']':
      case '}':
        return this.push('close', char);
      case '$':
        // Escaped or not: before a digit it is money, elsewhere a math delimiter that was left over.
        if (digit(this.text[this.at]) || this.text[this.at] === '.') this.push('op', 'usd');
        else this.spaced = true;
        return;
      default:
        return this.push('op', char);
    }
  }
}

/** @throws TooLarge */
export function tokenize(text: string): Token[] {
  return new Tokenizer(text, false, 0).run();
}
