/**
 * Real values to about 60 digits, in fixed point with BigInt: what doubles cannot tell apart (√(10²⁰+1) and 10¹⁰, eˣ and
 * eˣ + 10⁻¹⁸) differs here. Null where there is no real value, or one too large to be worth it.
 */
import { burn } from './bounds.js';
import { exact } from './evaluate-exact.js';
import { isTrigonometric } from './evaluate-real.js';
import {
  arctangent,
  BITS,
  cosine,
  E,
  exponential,
  type Fixed,
  fromRational,
  HUGE,
  logarithm,
  ONE,
  PI,
  product,
  quotient,
  root,
  sine,
} from './fixed-point.js';
import type { Node } from './node.js';
import { isInteger, type Rational } from './rational.js';

export type ExactPoint = (name: string) => Rational;

export function precise(node: Node, at: ExactPoint, degrees = false): Fixed | null {
  burn(20);
  const value = evaluate(node, at, degrees);
  return value === null || value > HUGE || value < -HUGE ? null : value;
}

function evaluate(node: Node, at: ExactPoint, degrees: boolean): Fixed | null {
  const go = (one: Node): Fixed | null => precise(one, at, degrees);
  switch (node.k) {
    case 'num':
      return fromRational(node.q);
    case 'sym':
      return fromRational(at(node.name));
    case 'const':
      return node.name === 'pi' ? PI : node.name === 'e' ? E : null;
    case 'add':
    case 'mul': {
      let total: Fixed | null = node.k === 'add' ? 0n : ONE;
      for (const x of node.xs) {
        const value = go(x);
        if (value === null || total === null) return null;
        total = node.k === 'add' ? total + value : product(total, value);
        if (total > HUGE || total < -HUGE) return null;
      }
      return total;
    }
    case 'neg': {
      const x = go(node.x);
      return x === null ? null : -x;
    }
    case 'div': {
      const a = go(node.a);
      const b = go(node.b);
      return a === null || b === null || b === 0n ? null : quotient(a, b);
    }
    case 'pow':
      return power(go(node.a), node.b, go);
    case 'root': {
      const x = go(node.x);
      if (x === null) return null;
      if (node.degree === 2) return x < 0n ? null : root(x);
      if (x < 0n) {
        const positive = node.degree % 2 === 1 ? through(-x, (ln) => ln / BigInt(node.degree)) : null;
        return positive === null ? null : -positive;
      }
      return x === 0n ? 0n : through(x, (ln) => ln / BigInt(node.degree));
    }
    case 'log': {
      const x = go(node.x);
      const base = go(node.base);
      const above = x === null ? null : logarithm(x);
      const below = base === null ? null : logarithm(base);
      return above === null || below === null || below === 0n ? null : quotient(above, below);
    }
    case 'deg': {
      const x = go(node.x);
      return x === null ? null : degrees ? product(x, PI) / 180n : x;
    }
    case 'binom': {
      const value = exact(node);
      return value === null ? null : fromRational(value);
    }
    case 'fn': {
      const x = precise(node.x, at, isTrigonometric(node.name));
      return x === null ? null : apply(node, x);
    }
    case 'pm':
    case 'based':
      return null;
  }
}

function through(x: Fixed, change: (ln: Fixed) => Fixed): Fixed | null {
  burn(200);
  const ln = logarithm(x);
  return ln === null ? null : exponential(change(ln));
}

function power(a: Fixed | null, exponent: Node, go: (one: Node) => Fixed | null): Fixed | null {
  if (a === null) return null;
  const q = exact(exponent);
  if (q !== null && isInteger(q)) {
    const n = q.n / q.d;
    if (n > 2_000n || n < -2_000n) return null;
    let result: Fixed = ONE;
    for (let i = 0n; i < (n < 0n ? -n : n); i++) {
      result = product(result, a);
      if (result > HUGE || result < -HUGE) return null;
    }
    return n >= 0n ? result : result === 0n ? null : quotient(ONE, result);
  }
  const b = go(exponent);
  if (b === null || a < 0n) return null;
  return a === 0n ? (b > 0n ? 0n : null) : through(a, (ln) => product(ln, b));
}

function apply(node: Extract<Node, { k: 'fn' }>, x: Fixed): Fixed | null {
  burn(100);
  const over = (a: Fixed, b: Fixed): Fixed | null => (b === 0n ? null : quotient(a, b));
  switch (node.name) {
    case 'sin':
      return sine(x);
    case 'cos':
      return cosine(x);
    case 'tan':
      return over(sine(x), cosine(x));
    case 'cot':
      return over(cosine(x), sine(x));
    case 'sec':
      return over(ONE, cosine(x));
    case 'csc':
      return over(ONE, sine(x));
    case 'arctan':
      return arctangent(x);
    case 'arcsin':
    case 'arccos': {
      if (x > ONE || x < -ONE) return null;
      const below = root(ONE - product(x, x));
      const angle = below === 0n ? (x > 0n ? PI / 2n : -PI / 2n) : arctangent(quotient(x, below));
      return node.name === 'arcsin' ? angle : PI / 2n - angle;
    }
    case 'ln':
      return logarithm(x);
    case 'exp':
      return exponential(x);
    case 'abs':
      return x < 0n ? -x : x;
    case 'sinh':
    case 'cosh':
    case 'tanh': {
      const up = exponential(x);
      const down = exponential(-x);
      if (up === null || down === null) return null;
      if (node.name === 'tanh') return quotient(up - down, up + down);
      return node.name === 'sinh' ? (up - down) / 2n : (up + down) / 2n;
    }
    case 'floor':
      return (x >> BITS) << BITS;
    case 'ceil':
      return -((-x >> BITS) << BITS);
    case 'fact': {
      const value = exact(node);
      return value === null ? null : fromRational(value);
    }
  }
}

/** Equal to the digits that the arithmetic keeps. */
export function closeFixed(a: Fixed, b: Fixed): boolean {
  const size = [a < 0n ? -a : a, b < 0n ? -b : b].reduce((x, y) => (x > y ? x : y), ONE);
  const difference = a < b ? b - a : a - b;
  return difference <= size >> 140n;
}
