/** Values of rational functions modulo a prime; NaN where there is none. */
import { burn } from './bounds.js';
import { choose, exact } from './evaluate-exact.js';
import type { Node } from './node.js';
import * as Q from './rational.js';

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
