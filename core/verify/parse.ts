/**
 * The parser of expressions: recursive descent over tokens, with bounded depth. It reads as far as an expression goes and stops
 * before a unit, a word or a separator; what follows is its caller's business.
 */
import { BOUNDS, burn, TooLarge } from './bounds.js';
import { type Fn, type Node, num } from './node.js';
import { rational } from './rational.js';
import { rule } from './rules.js';
import type { Token } from './tokens.js';
import { unitOf } from './units.js';

/** Raised inside the verifier only: the tokens are no expression. One object, for it is common. */
class Unreadable extends Error {}
export const UNREADABLE = new Unreadable('not an expression');

export interface Reading {
  /** Variables of the gold: a run of these letters is a product, and none of them is a unit. */
  readonly known?: ReadonlySet<string>;
  /** The gold has no variables: a letter behind a number is a unit. */
  readonly units?: boolean;
}

const FUNCTIONS: Readonly<Record<string, Fn>> = {
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  cot: 'cot',
  sec: 'sec',
  csc: 'csc',
  arcsin: 'arcsin',
  arccos: 'arccos',
  arctan: 'arctan',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  ln: 'ln',
  exp: 'exp',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  tg: 'tan',
  ctg: 'cot',
};
const INVERSE: Partial<Record<Fn, Fn>> = { sin: 'arcsin', cos: 'arccos', tan: 'arctan' };
const GREEK_WORD = /^(?:alpha|beta|gamma|delta|epsilon|theta|lambda|mu|rho|sigma|tau|phi|omega|psi)$/;
const DECORATIONS = new Set('overline bar vec hat widehat tilde overrightarrow dot overarc overset mathscr'.split(' '));
const CONSTANTS: Readonly<Record<string, Node>> = {
  pi: { k: 'const', name: 'pi' },
  e: { k: 'const', name: 'e' },
  i: { k: 'const', name: 'i' },
  infty: { k: 'const', name: 'inf' },
  infinity: { k: 'const', name: 'inf' },
  inf: { k: 'const', name: 'inf' },
};

export class Parser {
  private at = 0;
  private depth = 0;
  constructor(
    private readonly tokens: readonly Token[],
    private readonly reading: Reading = {},
  ) {}

  /** The expression at the start of the tokens and where it ended. @throws UNREADABLE, TooLarge */
  start(): { node: Node; end: number } {
    const node = this.sum();
    return { node, end: this.at };
  }

  private peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }
  private isOp(v: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.t === 'op' && token.v === v;
  }
  private take(v: string): boolean {
    if (!this.isOp(v)) return false;
    this.at++;
    return true;
  }

  private sum(): Node {
    burn(1);
    if (++this.depth > BOUNDS.depth) throw new TooLarge('nested too deeply');
    const terms: Node[] = [];
    for (;;) {
      let sign = 1;
      let both: 1 | -1 | undefined;
      let signs = 0;
      for (; this.peek()?.t === 'op'; signs++) {
        if (this.take('-')) sign = -sign;
        else if (this.take('pm')) both = 1;
        else if (this.take('mp')) both = -1;
        else if (!this.take('+')) break;
      }
      if (terms.length > 0 && signs === 0) break;
      let term = this.product();
      if (both !== undefined) term = { k: 'pm', x: term, sign: both };
      terms.push(sign < 0 ? { k: 'neg', x: term } : term);
    }
    this.depth--;
    const [only] = terms;
    return terms.length === 1 && only !== undefined ? only : { k: 'add', xs: terms };
  }

  private product(): Node {
    let left = this.power();
    let factors: Node[] = [left];
    const flat = (): Node =>
      factors.length === 1 && factors[0] !== undefined ? factors[0] : { k: 'mul', xs: factors };
    for (;;) {
      if (this.isOp('*')) {
        this.at++;
        factors.push(this.signed());
      } else if (this.isOp('/')) {
        this.at++;
        left = { k: 'div', a: flat(), b: this.signed() };
        factors = [left];
      } else if (this.factorFollows()) factors.push(this.power());
      else return flat();
    }
  }
  private signed(): Node {
    if (this.take('-')) return { k: 'neg', x: this.signed() };
    if (this.take('+')) return this.signed();
    return this.power();
  }

  /** Does a factor without a sign of multiplication come next? */
  private factorFollows(): boolean {
    const token = this.peek();
    const before = this.peek(-1);
    if (token === undefined || before === undefined) return false;
    switch (token.t) {
      case 'num':
        // "2 3" is no product; "\sqrt{2}3" and "x2" are.
        return before.t !== 'num' && !(before.t === 'word' && before.tx);
      case 'sym':
        return !this.isUnit(token, before) && !this.isDegreeScale(token);
      case 'word':
        return this.isFactorWord(token, before);
      case 'cmd':
        return token.v !== 'ldots' && token.v !== 'dots' && token.v !== 'cdots' && !token.v.startsWith('set:');
      case 'open':
        if (token.tx) return false;
        return token.v === '(' || token.v === '{' || token.v === '[' || token.v === 'floor' || token.v === 'ceil';
      case 'op':
        return token.v === 'angle' || (token.v === '|' && this.absolute === 0);
      case 'close':
        return false;
    }
  }
  private absolute = 0;

  /** The C of 25 °C. */
  private isDegreeScale(token: Token): boolean {
    if (token.v !== 'C' && token.v !== 'F') return false;
    return this.isOp('deg', -1) || (this.peek(-1)?.v === '}' && this.isOp('deg', -2));
  }

  private isUnit(token: Token, before: Token): boolean {
    if (before.t !== 'num' && before.t !== 'close' && before.v !== 'pi') return false;
    if (unitOf(token.v) === undefined || token.v === 'C' || token.v === 'F' || token.v === 'd' || token.v === 't')
      return false;
    if (this.reading.known?.has(token.v) === true) return false;
    return (
      rule('bare-units') &&
      (this.reading.units === true || token.tx || (token.sp && before.t === 'num' && this.endsHere()))
    );
  }
  private endsHere(): boolean {
    const next = this.peek(1);
    return next === undefined || (next.t === 'op' && (next.v === '/' || next.v === '^'));
  }

  private isFactorWord(token: Token, before: Token): boolean {
    const lower = token.v.toLowerCase();
    if (token.v in FUNCTIONS || lower in CONSTANTS || lower === 'sqrt' || token.v === 'log' || GREEK_WORD.test(token.v))
      return !(token.v === 'e' && token.tx);
    if (token.tx) return token.v.length === 1 && !this.isUnit(token, before) && unitOf(token.v) === undefined;
    if (this.reading.known !== undefined && [...token.v].every((one) => this.reading.known?.has(one) === true))
      return true;
    if (unitOf(token.v) !== undefined && (before.t === 'num' || before.t === 'close' || before.v === 'pi'))
      return false;
    if (token.sp) return token.v.length <= 3 && !/[aeiou]/i.test(token.v) && this.reading.units !== true;
    return token.v.length <= 3;
  }

  private power(): Node {
    if (++this.depth > BOUNDS.depth) throw new TooLarge('nested too deeply');
    let base = this.primary();
    for (;;) {
      if (this.isOp('!')) {
        this.at++;
        base = { k: 'fn', name: 'fact', x: base };
      } else if (this.isOp('deg')) {
        this.at++;
        base = { k: 'deg', x: base };
      } else if (this.isOp('^')) {
        const braced = this.peek(1)?.v === '{' ? 1 : 0;
        if (this.isOp('deg', 1 + braced)) {
          this.at += 2 + 2 * braced;
          base = { k: 'deg', x: base };
        } else {
          this.at++;
          base = { k: 'pow', a: base, b: this.exponent() };
        }
      } else break;
    }
    this.depth--;
    return base;
  }
  private exponent(): Node {
    if (this.take('-')) return { k: 'neg', x: this.exponent() };
    const token = this.peek();
    if (token?.t === 'open' && token.v === '{') return this.group();
    // A tower: right to left.
    return this.power();
  }

  /** `{…}`, or one token; a numeral of several digits gives up its first one only, as in \frac12. */
  private argument(): Node {
    const token = this.peek();
    if (token === undefined) throw UNREADABLE;
    if (token.t === 'open' && token.v === '{') return this.group();
    if (token.t === 'num' && token.v.length > 1) return this.firstDigit(token);
    if (token.t === 'num' || token.t === 'sym' || token.t === 'cmd') return this.primary();
    throw UNREADABLE;
  }
  private firstDigit(token: Token): Node {
    const [first = '0', tail] = [token.v[0], token.v.slice(1)];
    // The remaining digits stand where the numeral stood.
    const copy = this.tokens as Token[];
    copy[this.at] = { t: 'num', v: tail, sp: false, tx: false, q: rational(BigInt(tail)), dec: false };
    return num(BigInt(first));
  }

  private group(): Node {
    this.at++;
    const node = this.sum();
    const close = this.peek();
    // A missing last brace is forgiven.
    if (close === undefined) return node;
    if (close.t !== 'close') throw UNREADABLE;
    this.at++;
    return node;
  }

  private primary(): Node {
    burn(1);
    const token = this.peek();
    if (token === undefined) throw UNREADABLE;
    switch (token.t) {
      case 'num':
        return this.numeral(token);
      case 'sym':
        this.at++;
        if ((token.v === 'f' || token.v === 'g') && this.peek()?.v === '(') return this.application(token.v);
        return CONSTANTS[token.v] ?? this.symbol(token.v);
      case 'word':
        return this.word(token);
      case 'cmd':
        this.at++;
        return this.command(token.v);
      case 'open':
        return this.bracket(token);
      case 'op':
        if (token.v === '|') return this.bars();
        if (token.v === 'angle' || token.v === 'triangle') return this.named(token.v);
        throw UNREADABLE;
      case 'close':
        throw UNREADABLE;
    }
  }

  private numeral(token: Token): Node {
    this.at++;
    const q = token.q ?? rational(0n);
    const whole: Node = { k: 'num', q, dec: token.dec === true };
    if (this.isOp('_') && token.v !== '') return this.based(token.v) ?? whole;
    if (!rule('mixed-numbers') || token.dec === true || q.d !== 1n) return whole;
    const next = this.peek();
    if (next?.t === 'cmd' && next.v === 'frac') {
      const mark = this.at;
      const fraction = this.primary();
      const mixed =
        fraction.k === 'div' && isWhole(fraction.a) && isWhole(fraction.b)
          ? { k: 'add' as const, xs: [whole, fraction] }
          : null;
      if (mixed !== null) return mixed;
      this.at = mark;
    }
    const [slash, below] = [this.peek(1), this.peek(2)];
    if (
      next?.t === 'num' &&
      next.sp &&
      slash?.v === '/' &&
      below?.t === 'num' &&
      next.q &&
      below.q &&
      next.dec !== true
    ) {
      this.at += 3;
      const part: Node = { k: 'div', a: { k: 'num', q: next.q, dec: false }, b: { k: 'num', q: below.q, dec: false } };
      return { k: 'add', xs: [whole, part] };
    }
    return whole;
  }
  private based(digits: string): Node | undefined {
    const name = this.subscript();
    return /^\d{1,2}$/.test(name) ? { k: 'based', digits, base: name } : undefined;
  }

  private symbol(name: string): Node {
    let full = name;
    while (this.isOp('_') || this.isOp("'")) full += this.take("'") ? "'" : `_${this.subscript()}`;
    return { k: 'sym', name: full };
  }
  /** f(2): a value of its own for each text between the brackets. */
  private application(name: string): Node {
    let text = name;
    for (let depth = 0; ;) {
      const token = this.peek();
      if (token === undefined) throw UNREADABLE;
      this.at++;
      text += token.v === '' ? `${token.q?.n}/${token.q?.d}` : token.v;
      if (token.t === 'open') depth++;
      if (token.t === 'close' && --depth === 0) return { k: 'sym', name: text };
    }
  }

  /** The text of `_…`, the underscore included. */
  private subscript(): string {
    this.at++;
    if (this.peek()?.v !== '{') {
      const token = this.peek();
      if (token === undefined || token.t === 'close' || token.t === 'op') throw UNREADABLE;
      this.at++;
      return token.v;
    }
    let depth = 0;
    let name = '';
    for (;;) {
      const token = this.peek();
      if (token === undefined) throw UNREADABLE;
      this.at++;
      if (token.v === '{') depth++;
      else if (token.v === '}') {
        if (--depth === 0) return name;
      } else name += token.v;
    }
  }

  private word(token: Token): Node {
    const lower = token.v.toLowerCase();
    this.at++;
    const constant = lower.length > 1 || !token.tx ? CONSTANTS[lower] : undefined;
    if (constant !== undefined) return constant;
    if (lower === 'sqrt') return this.command('sqrt');
    if (token.v in FUNCTIONS || lower === 'log') return this.command(token.v.toLowerCase());
    if (GREEK_WORD.test(token.v)) return this.symbol(token.v);
    if (token.v.length === 1) return this.symbol(token.v);
    if (token.tx || token.v.length > 3) throw UNREADABLE;
    const letters = [...token.v];
    const factors = letters.slice(0, -1).map((one): Node => CONSTANTS[one] ?? { k: 'sym', name: one });
    const last = letters.at(-1) ?? '';
    // What is raised or indexed is the last letter only: "ab^2".
    let end: Node = CONSTANTS[last] ?? this.symbol(last);
    if (this.isOp('^') && this.peek(1)?.v !== 'deg') {
      this.at++;
      end = { k: 'pow', a: end, b: this.exponent() };
    }
    return { k: 'mul', xs: [...factors, end] };
  }

  private command(name: string): Node {
    const fn = FUNCTIONS[name];
    if (fn !== undefined) return this.applied(fn);
    const constant = CONSTANTS[name];
    if (constant !== undefined) return constant;
    if (DECORATIONS.has(name)) return { k: 'sym', name: `${name} ${this.flatArgument()}` };
    switch (name) {
      case 'frac': {
        const a = this.argument();
        return { k: 'div', a, b: this.argument() };
      }
      case 'binom': {
        const a = this.argument();
        return { k: 'binom', a, b: this.argument() };
      }
      case 'sqrt': {
        let degree = 2;
        if (this.peek()?.v === '[' && this.peek(1)?.t === 'num' && this.peek(2)?.v === ']') {
          degree = Number(this.peek(1)?.v);
          this.at += 3;
        }
        if (!Number.isInteger(degree) || degree < 2 || degree > 20) throw UNREADABLE;
        const open = this.peek();
        if (open?.t === 'open') return { k: 'root', x: this.group(), degree };
        return { k: 'root', x: this.primary(), degree };
      }
      case 'log': {
        const base = this.isOp('_') ? this.logBase() : num(10);
        return { k: 'log', x: this.functionArgument(), base };
      }
      case 'lg':
        return { k: 'log', x: this.functionArgument(), base: num(10) };
      default:
        throw UNREADABLE;
    }
  }
  private logBase(): Node {
    this.at++;
    return this.argument();
  }
  private flatArgument(): string {
    if (this.peek()?.v !== '{') {
      const token = this.peek();
      this.at++;
      return token?.v ?? '';
    }
    this.at--;
    return this.subscript();
  }

  private applied(fn: Fn): Node {
    if (this.isOp('^')) {
      this.at++;
      const exponent = this.exponent();
      const inverse = INVERSE[fn];
      const isMinusOne = exponent.k === 'neg' && exponent.x.k === 'num' && exponent.x.q.n === exponent.x.q.d;
      if (isMinusOne && inverse !== undefined) return { k: 'fn', name: inverse, x: this.functionArgument() };
      return { k: 'pow', a: { k: 'fn', name: fn, x: this.functionArgument() }, b: exponent };
    }
    return { k: 'fn', name: fn, x: this.functionArgument() };
  }
  /** In brackets, or the factors up to the next sign or function: "sin 2x cos x" is (sin 2x)(cos x). */
  private functionArgument(): Node {
    const token = this.peek();
    if (token?.t === 'open' && token.v !== 'floor' && token.v !== 'ceil') return this.group();
    if (this.take('-')) return { k: 'neg', x: this.functionArgument() };
    const factors = [this.power()];
    while (this.factorFollows() && !this.functionFollows()) factors.push(this.power());
    if (this.isOp('/') && this.peek(1)?.t === 'num') {
      this.at++;
      return { k: 'div', a: { k: 'mul', xs: factors }, b: this.power() };
    }
    return factors.length === 1 && factors[0] !== undefined ? factors[0] : { k: 'mul', xs: factors };
  }
  private functionFollows(): boolean {
    const token = this.peek();
    if (token?.t === 'open') return true;
    return (token?.t === 'cmd' || token?.t === 'word') && (token.v in FUNCTIONS || token.v === 'log');
  }

  private bracket(token: Token): Node {
    const { v } = token;
    if (v !== '(' && v !== '[' && v !== '{' && v !== 'floor' && v !== 'ceil') throw UNREADABLE;
    const bars = this.absolute;
    this.absolute = 0;
    const inner = this.group();
    this.absolute = bars;
    return v === 'floor' || v === 'ceil' ? { k: 'fn', name: v, x: inner } : inner;
  }
  private bars(): Node {
    this.at++;
    this.absolute++;
    const inner = this.sum();
    this.absolute--;
    if (!this.take('|')) throw UNREADABLE;
    return { k: 'fn', name: 'abs', x: inner };
  }
  private named(op: string): Node {
    this.at++;
    const token = this.peek();
    if (token?.t !== 'sym' && token?.t !== 'word') throw UNREADABLE;
    this.at++;
    return { k: 'sym', name: `${op} ${token.v}` };
  }
}

const isWhole = (node: Node): boolean => node.k === 'num' && node.q.d === 1n && !node.dec;
