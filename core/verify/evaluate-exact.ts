/** Exact values, where an expression has only fractions. */
import { burn, TooLarge } from './bounds.js';
import type { Node } from './node.js';
import * as Q from './rational.js';

export const whole = (value: Q.Rational | null): Q.Rational | null =>
  value !== null && Q.isInteger(value) ? Q.rational(value.n / value.d) : null;

/** The exact value; null if it is not a fraction, or only with variables. */
export function exact(node: Node): Q.Rational | null {
  burn(1);
  switch (node.k) {
    case 'num':
      return node.q;
    case 'add':
      return fold(node.xs, Q.add);
    case 'mul':
      return fold(node.xs, Q.mul);
    case 'neg': {
      const x = exact(node.x);
      return x === null ? null : Q.neg(x);
    }
    case 'div': {
      const a = exact(node.a);
      const b = a === null ? null : exact(node.b);
      return a === null || b === null ? null : Q.div(a, b);
    }
    case 'pow': {
      const a = exact(node.a);
      const b = a === null ? null : whole(exact(node.b));
      if (a === null || b === null || (a.n === 0n && b.n === 0n)) return null;
      return Q.pow(a, b.n);
    }
    case 'binom': {
      const a = whole(exact(node.a));
      const b = whole(exact(node.b));
      return a === null || b === null || a.n < 0n ? null : Q.rational(Q.binomial(a.n, b.n));
    }
    case 'fn':
      return exactFunction(node.name, exact(node.x));
    case 'deg':
      return exact(node.x);
    case 'sym':
    case 'const':
    case 'root':
    case 'log':
    case 'pm':
    case 'based':
      return null;
  }
}
function fold(xs: readonly Node[], by: (a: Q.Rational, b: Q.Rational) => Q.Rational): Q.Rational | null {
  let total: Q.Rational | null = null;
  for (const x of xs) {
    const value = exact(x);
    if (value === null) return null;
    total = total === null ? value : by(total, value);
  }
  return total;
}
function exactFunction(name: string, x: Q.Rational | null): Q.Rational | null {
  if (x === null) return null;
  switch (name) {
    case 'abs':
      return x.n < 0n ? Q.neg(x) : x;
    case 'floor':
      return Q.rational(Q.floor(x));
    case 'ceil':
      return Q.rational(-Q.floor(Q.neg(x)));
    case 'fact':
      return Q.isInteger(x) && x.n >= 0n ? Q.rational(Q.factorial(x.n / x.d)) : null;
    default:
      return null;
  }
}

export const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b];
  for (let steps = 0; y > 0n; steps++) {
    if (steps > 2_000) throw new TooLarge('fraction too long');
    [x, y] = [y, x % y];
  }
  return x === 0n ? 1n : x;
};

/** The lower number, if it is a small whole one: then a binomial is a polynomial of the upper. */
export function choose(node: Node & { k: 'binom' }): number | null {
  const k = whole(exact(node.b));
  return k === null || k.n < 0n || k.n > 30n ? null : Number(k.n);
}
