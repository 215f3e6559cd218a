/** Sums, products, powers and groups; what stands between the signs is left to the parser. */
import { BOUNDS, burn, TooLarge } from './bounds.js';
import { ImplicitFactors } from './implicit-factors.js';
import { type Node, num } from './node.js';
import { UNREADABLE } from './parse-reading.js';
import { rational } from './rational.js';
import type { Token } from './tokens.js';

export abstract class Operators extends ImplicitFactors {
  protected abstract primary(): Node;

  protected sum(): Node {
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

  protected power(): Node {
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
  protected exponent(): Node {
    if (this.take('-')) return { k: 'neg', x: this.exponent() };
    const token = this.peek();
    if (token?.t === 'open' && token.v === '{') return this.group();
    // A tower: right to left.
    return this.power();
  }

  /** `{…}`, or one token; a numeral of several digits gives up its first one only, as in \frac12. */
  protected argument(): Node {
    const token = this.peek();
    if (token === undefined) throw UNREADABLE;
    if (token.t === 'open' && token.v === '{') return this.group();
    if (token.t === 'num' && token.v.length > 1) return this.firstDigit(token);
    if (token.t === 'num' || token.t === 'sym' || token.t === 'cmd') return this.primary();
    throw UNREADABLE;
  }
  protected firstDigit(token: Token): Node {
    const [first = '0', tail] = [token.v[0], token.v.slice(1)];
    // The remaining digits stand where the numeral stood.
    const copy = this.tokens as Token[];
    copy[this.at] = { t: 'num', v: tail, sp: false, tx: false, q: rational(BigInt(tail)), dec: false };
    return num(BigInt(first));
  }

  protected group(): Node {
    this.at++;
    const node = this.sum();
    const close = this.peek();
    // A missing last brace is forgiven.
    if (close === undefined) return node;
    if (close.t !== 'close') throw UNREADABLE;
    this.at++;
    return node;
  }
}
