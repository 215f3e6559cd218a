/**
 * The parser of expressions: recursive descent over tokens, with bounded depth. It reads as far as an expression goes and stops
 * before a unit, a word or a separator; what follows is its caller's business.
 */
import { burn } from './bounds.js';
import { type Fn, type Node, num } from './node.js';
import { Operators } from './operators.js';
import { UNREADABLE } from './parse-reading.js';
import { CONSTANTS, DECORATIONS, FUNCTIONS, GREEK_WORD, INVERSE } from './parse-tables.js';
import { rational } from './rational.js';
import { rule } from './rules.js';
import type { Token } from './tokens.js';

export class Parser extends Operators {
  /** The expression at the start of the tokens and where it ended. @throws UNREADABLE, TooLarge */
  start(): { node: Node; end: number } {
    const node = this.sum();
    return { node, end: this.at };
  }

  protected primary(): Node {
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
