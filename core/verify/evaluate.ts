/**
 * Values of expressions: exact fractions where there are only such, residues modulo a prime for rational functions, and doubles,
 * real or complex, at points. Each gives null or NaN where it has no value to give.
 */
import { burn, TooLarge } from './bounds.js';
import { assertNever } from '../assert-never.js';
import type { Node } from './node.js';
import * as Q from './rational.js';

const whole = (value: Q.Rational | null): Q.Rational | null =>
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

/** Primes below 2^26, so that products of two residues are exact doubles; both have a root of -1. */
export const PRIMES = [
  { p: 67108837, i: 55262216 },
  { p: 67108777, i: 48722652 },
] as const;
export type Prime = (typeof PRIMES)[number];

export function modPow(base: number, exponent: bigint, p: number): number {
  let result = 1;
  let square = base;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}
const residue = (x: bigint, p: number): number => {
  const rest = Number(x % BigInt(p));
  return rest < 0 ? rest + p : rest;
};

/** Modulo a prime; NaN if the expression is no rational function there. `at` gives the variables' residues. */
export function modular(node: Node, prime: Prime, at: (name: string) => number): number {
  burn(1);
  const { p } = prime;
  const go = (one: Node): number => modular(one, prime, at);
  switch (node.k) {
    case 'num':
      return divide(residue(node.q.n, p), residue(node.q.d, p), p);
    case 'sym':
      return at(node.name);
    case 'const':
      return node.name === 'i' ? prime.i : NaN;
    case 'add': {
      let total = 0;
      for (const x of node.xs) total = (total + go(x)) % p;
      return total;
    }
    case 'mul': {
      let total = 1;
      for (const x of node.xs) total = (total * go(x)) % p;
      return total;
    }
    case 'neg':
      return (p - go(node.x)) % p;
    case 'div':
      return divide(go(node.a), go(node.b), p);
    case 'pow': {
      const exponent = exact(node.b);
      if (exponent === null || !Q.isInteger(exponent)) return NaN;
      const n = exponent.n / exponent.d;
      const base = go(node.a);
      if (Number.isNaN(base) || n > 100_000n || n < -100_000n) return NaN;
      return n < 0n ? divide(1, modPow(base, -n, p), p) : modPow(base, n, p);
    }
    case 'deg':
      return go(node.x);
    case 'binom': {
      const k = choose(node);
      if (k === null) return NaN;
      let total = 1;
      for (let i = 0; i < k; i++) total = divide((total * ((go(node.a) - i + p) % p)) % p, i + 1, p);
      return total;
    }
    case 'fn': {
      const value = exact(node);
      return value === null ? NaN : divide(residue(value.n, p), residue(value.d, p), p);
    }
    case 'root':
    case 'log':
    case 'pm':
    case 'based':
      return NaN;
  }
}
function divide(a: number, b: number, p: number): number {
  return b === 0 || Number.isNaN(b) ? NaN : (a * modPow(b, BigInt(p - 2), p)) % p;
}

/** Variables' values at a point. */
export type Point = (name: string) => number;

/** As a real double; NaN where it is not real, not finite, or not a number at all. */
export function real(node: Node, at: Point, degrees = false): number {
  burn(1);
  const go = (one: Node): number => real(one, at, degrees);
  switch (node.k) {
    case 'num':
      return Q.toNumber(node.q);
    case 'sym':
      return at(node.name);
    case 'const':
      return node.name === 'pi' ? Math.PI : node.name === 'e' ? Math.E : NaN;
    case 'add':
      return node.xs.reduce((total, x) => total + go(x), 0);
    case 'mul':
      return node.xs.reduce((total, x) => total * go(x), 1);
    case 'neg':
      return -go(node.x);
    case 'div': {
      const b = go(node.b);
      return b === 0 ? NaN : go(node.a) / b;
    }
    case 'pow':
      return realPower(go(node.a), node.b, go);
    case 'root': {
      const x = go(node.x);
      if (node.degree === 2) return Math.sqrt(x);
      return x < 0 && node.degree % 2 === 1 ? -((-x) ** (1 / node.degree)) : x ** (1 / node.degree);
    }
    case 'log':
      return Math.log(go(node.x)) / Math.log(go(node.base));
    case 'binom': {
      const k = choose(node);
      const n = go(node.a);
      let total = k === null ? NaN : 1;
      for (let i = 0; i < (k ?? 0); i++) total *= (n - i) / (i + 1);
      return total;
    }
    case 'fn':
      return realFunction(node.name, real(node.x, at, isTrigonometric(node.name)));
    case 'deg':
      return degrees ? (go(node.x) * Math.PI) / 180 : go(node.x);
    case 'pm':
    case 'based':
      return NaN;
  }
}
/** The lower number, if it is a small whole one: then a binomial is a polynomial of the upper. */
function choose(node: Node & { k: 'binom' }): number | null {
  const k = whole(exact(node.b));
  return k === null || k.n < 0n || k.n > 30n ? null : Number(k.n);
}
export const isTrigonometric = (name: string): boolean => /^(?:sin|cos|tan|cot|sec|csc)$/.test(name);

function realPower(a: number, exponent: Node, go: (one: Node) => number): number {
  const b = go(exponent);
  if (a === 0 && b <= 0) return NaN;
  if (a >= 0 || Number.isInteger(b)) return a ** b;
  // An odd root of a negative number is real: (-8)^(1/3).
  const q = exact(exponent);
  if (q === null) return NaN;
  const divisor = gcd(q.n < 0n ? -q.n : q.n, q.d);
  const [n, d] = [q.n / divisor, q.d / divisor];
  if (d % 2n === 0n) return NaN;
  return (n % 2n === 0n ? 1 : -1) * (-a) ** b;
}
export const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b];
  for (let steps = 0; y > 0n; steps++) {
    if (steps > 2_000) throw new TooLarge('fraction too long');
    [x, y] = [y, x % y];
  }
  return x === 0n ? 1n : x;
};

function realFunction(name: Extract<Node, { k: 'fn' }>['name'], x: number): number {
  switch (name) {
    case 'sin':
      return Math.sin(x);
    case 'cos':
      return Math.cos(x);
    case 'tan':
      return Math.tan(x);
    case 'cot':
      return 1 / Math.tan(x);
    case 'sec':
      return 1 / Math.cos(x);
    case 'csc':
      return 1 / Math.sin(x);
    case 'arcsin':
      return Math.asin(x);
    case 'arccos':
      return Math.acos(x);
    case 'arctan':
      return Math.atan(x);
    case 'sinh':
      return Math.sinh(x);
    case 'cosh':
      return Math.cosh(x);
    case 'tanh':
      return Math.tanh(x);
    case 'ln':
      return Math.log(x);
    case 'exp':
      return Math.exp(x);
    case 'abs':
      return Math.abs(x);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'fact':
      return Number.isInteger(x) && x >= 0 && x <= 170
        ? Q.toNumber(Q.rational(Q.factorial(BigInt(x))))
        : gammaOf(x + 1);
    default:
      return assertNever(name);
  }
}
/** Γ by Lanczos' series: so that n!/(n-1)! is n at points, too. */
function gammaOf(x: number): number {
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gammaOf(1 - x));
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  const t = z + 7.5;
  const sum = c.reduce((total, value, i) => total + (i === 0 ? value : value / (z + i)), 0);
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * sum;
}

export type Complex = readonly [re: number, im: number];
const NOWHERE: Complex = [NaN, NaN];

/** As a complex double; for expressions with i. */
export function complex(node: Node, at: Point): Complex {
  burn(2);
  const go = (one: Node): Complex => complex(one, at);
  switch (node.k) {
    case 'const':
      return node.name === 'i' ? [0, 1] : [real(node, at), 0];
    case 'add':
      return node.xs.map(go).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'mul':
      return node.xs.map(go).reduce(times, [1, 0]);
    case 'neg':
      return times([-1, 0], go(node.x));
    case 'div':
      return times(go(node.a), inverse(go(node.b)));
    case 'pow':
      return power(go(node.a), go(node.b));
    case 'root':
      return power(go(node.x), [1 / node.degree, 0]);
    case 'deg':
      return go(node.x);
    case 'fn': {
      const x = go(node.x);
      if (node.name === 'exp') return exponential(x);
      if (node.name === 'abs') return [Math.hypot(...x), 0];
      return x[1] === 0 ? [real(node, at), 0] : NOWHERE;
    }
    case 'num':
    case 'sym':
    case 'log':
    case 'binom':
    case 'pm':
    case 'based':
      return [real(node, at), 0];
  }
}
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const inverse = ([a, b]: Complex): Complex => [a / (a * a + b * b), -b / (a * a + b * b)];
const exponential = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
function power(a: Complex, b: Complex): Complex {
  if (a[0] === 0 && a[1] === 0) return b[0] > 0 ? [0, 0] : NOWHERE;
  const size = Math.hypot(...a);
  return exponential(times([Math.log(size), Math.atan2(a[1], a[0])], b));
}
