/** Values as real doubles at points; NaN where there is none. */
import { assertNever } from '../assert-never.js';
import { burn } from './bounds.js';
import { choose, exact, gcd } from './evaluate-exact.js';
import type { Node } from './node.js';
import * as Q from './rational.js';

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
