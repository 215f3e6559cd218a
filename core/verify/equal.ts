/**
 * Are two expressions equal for all real values of their variables? Fractions exactly, rational functions modulo two primes,
 * everything else first in doubles at fixed points (most differences show there) and then to sixty digits. With a decimal on
 * either side equality is agreement after rounding.
 */
import { burn } from './bounds.js';
import { closeFixed, type ExactPoint, precise } from './precise.js';
import { complex } from './evaluate-complex.js';
import { exact } from './evaluate-exact.js';
import { modPow, modular, PRIMES } from './evaluate-modular.js';
import { real } from './evaluate-real.js';
import { hasConstant, hasDecimal, hasVariable, type Node, sameTree, some, variables } from './node.js';
import * as Q from './rational.js';
import { rule } from './rules.js';

/** FNV-1a of a variable's name: its value at a point depends on nothing else. */
function hash(name: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
/** Points of both signs, small and larger, with 12 bits behind the point: exact in doubles and as fractions. */
const SPANS = [3, 3, -3, 8, 1, -1, 12, -8, 40, 3] as const;
const NAMES_SIGN = [1, 1, 0, 1, 1, 0, 1, 0, 1, 0] as const;
function numerator(name: string, point: number): number {
  const h = hash(name, point * 7919 + 17);
  const span = SPANS[point % SPANS.length] ?? 3;
  // On some points the variables have signs of their own.
  const sign = NAMES_SIGN[point % NAMES_SIGN.length] === 1 || (h & 1) === 0 || !rule('both-signs') ? 1 : -1;
  return sign * (span < 0 && !rule('both-signs') ? -span : span) * (205 + (h % 3891));
}
export const POINTS = SPANS.length;
export const pointOf =
  (point: number) =>
  (name: string): number =>
    numerator(name, point) / 4096;
const exactPoint =
  (point: number): ExactPoint =>
  (name) => ({ n: BigInt(numerator(name, point)), d: 4096n });
const residueOf =
  (p: number, round: number) =>
  (name: string): number =>
    (modPow(hash(name, 31 * round + 7) % p, 3n, p) + round + 1) % p;

/** Equal after rounding: to so many decimals; below 0.001 to so many significant digits. */
export function roundedEqual(a: Q.Rational, b: Q.Rational, rounding: number): boolean {
  const size = Math.max(Math.abs(Q.toNumber(a)), Math.abs(Q.toNumber(b)));
  burn(5);
  const decimals =
    size < 0.001 && size > 0 && rule('small-numbers') ? rounding - 1 - Math.floor(Math.log10(size)) : rounding;
  if (decimals > 10_000) return Q.compare(a, b) === 0;
  return Q.roundTo(a, decimals) === Q.roundTo(b, decimals);
}
/** A double as a fraction, for rounding. */
function fromDouble(x: number): Q.Rational {
  const scaled = Math.abs(x) < 1e9 ? 2 ** 60 : 1;
  return Q.rational(BigInt(Math.round(x * scaled)), BigInt(scaled));
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1e-300, Math.abs(a), Math.abs(b));

export type Equality = 'equal' | 'different' | 'unknown';

export function equalNodes(a: Node, b: Node, rounding: number): Equality {
  const said = byValue(a, b, rounding);
  // What has no value anywhere is still equal to itself.
  return said === 'unknown' && sameTree(a, b) && rule('same-tree') ? 'equal' : said;
}

function byValue(a: Node, b: Node, rounding: number): Equality {
  burn(1);
  const rounds = (hasDecimal(a) || hasDecimal(b)) && rule('rounding');
  if (a.k === 'based' || b.k === 'based') return based(a, b);
  if (hasConstant(a, 'inf') || hasConstant(b, 'inf')) return infinite(a, b);
  if (!hasVariable(a) && !hasVariable(b)) {
    const x = exact(a);
    const y = exact(b);
    if (x !== null && y !== null)
      return (rounds ? roundedEqual(x, y, rounding) : Q.compare(x, y) === 0) ? 'equal' : 'different';
    return constants(a, b, x, y, rounds ? rounding : undefined);
  }
  return functions(a, b, rounds ? rounding : undefined);
}

function based(a: Node, b: Node): Equality {
  if (a.k === 'based' && b.k === 'based') return a.digits === b.digits && a.base === b.base ? 'equal' : 'different';
  return 'different';
}

/** -1, 1, or 0 for what is not exactly ±∞. */
export function infinity(node: Node): number {
  if (node.k === 'const' && node.name === 'inf') return 1;
  return node.k === 'neg' ? -infinity(node.x) : 0;
}
function infinite(a: Node, b: Node): Equality {
  const [x, y] = [infinity(a), infinity(b)];
  if (x !== 0 && y !== 0) return x === y ? 'equal' : 'different';
  // Finite against infinite; what computes with ∞ has no value.
  return (x !== 0 && !hasConstant(b, 'inf')) || (y !== 0 && !hasConstant(a, 'inf')) ? 'different' : 'unknown';
}

const NO_POINT = (): number => NaN;
const NO_EXACT: ExactPoint = () => Q.ZERO;

function constants(a: Node, b: Node, p: Q.Rational | null, q: Q.Rational | null, rounding?: number): Equality {
  if (hasConstant(a, 'i') || hasConstant(b, 'i')) return functions(a, b, rounding);
  const x = p === null ? real(a, NO_POINT) : Q.toNumber(p);
  const y = q === null ? real(b, NO_POINT) : Q.toNumber(q);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return 'unknown';
  if (rounding !== undefined)
    return roundedEqual(p ?? fromDouble(x), q ?? fromDouble(y), rounding) ? 'equal' : 'different';
  if (!close(x, y) && Math.abs(x - y) > 1e-13) return 'different';
  if (!rule('sixty-digits')) return 'equal';
  const fine = precise(a, NO_EXACT);
  const other = precise(b, NO_EXACT);
  if (fine === null || other === null) return x === y ? 'equal' : 'unknown';
  return closeFixed(fine, other) ? 'equal' : 'different';
}

const isRational = (node: Node): boolean =>
  !some(
    node,
    (one) =>
      one.k === 'root' ||
      one.k === 'log' ||
      (one.k === 'fn' && one.name !== 'fact') ||
      (one.k === 'const' && one.name !== 'i'),
  );

function functions(a: Node, b: Node, rounding?: number): Equality {
  if (rule('modular') && isRational(a) && isRational(b)) {
    const said = modularly(a, b);
    if (said === 'equal' || (said === 'different' && rounding === undefined)) return said;
  }
  const imaginary = hasConstant(a, 'i') || hasConstant(b, 'i');
  return imaginary ? complexly(a, b) : really(a, b, rounding);
}

function modularly(a: Node, b: Node): Equality {
  let seen = 0;
  for (const prime of PRIMES)
    for (let round = 0; round < 3; round++) {
      const at = residueOf(prime.p, round);
      const x = modular(a, prime, at);
      const y = modular(b, prime, at);
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      if (x !== y) return 'different';
      seen++;
    }
  return seen >= 3 ? 'equal' : 'unknown';
}

function really(a: Node, b: Node, rounding?: number): Equality {
  const common: number[] = [];
  for (let point = 0; point < POINTS; point++) {
    const at = pointOf(point);
    const x = real(a, at);
    const y = real(b, at);
    // Equal where both are defined.
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const same =
      rounding === undefined
        ? close(x, y) || Math.abs(x - y) < 1e-13
        : Math.abs(x - y) <= 10 ** -rounding * Math.max(1, Math.abs(x), Math.abs(y));
    if (!same) return 'different';
    common.push(point);
  }
  if (common.length === 0) return 'unknown';
  if (rounding !== undefined || !rule('sixty-digits')) return 'equal';
  for (const point of common.slice(0, 3)) {
    const x = precise(a, exactPoint(point));
    const y = precise(b, exactPoint(point));
    if (x !== null && y !== null && !closeFixed(x, y)) return 'different';
  }
  return 'equal';
}

function complexly(a: Node, b: Node): Equality {
  let seen = 0;
  for (let point = 0; point < 6; point++) {
    const at = pointOf(point);
    const [x, y] = [complex(a, at), complex(b, at)];
    if (![...x, ...y].every(Number.isFinite)) continue;
    if (Math.hypot(x[0] - y[0], x[1] - y[1]) > 1e-9 * Math.max(1, Math.hypot(...x))) return 'different';
    seen++;
  }
  return seen === 0 ? 'unknown' : 'equal';
}

/**
 * Is a a constant multiple of b, as functions? 1 or -1 is the sign of the factor, 0 says no. For equations and inequalities:
 * what stands left of "= 0".
 */
export function proportional(a: Node, b: Node): number {
  const names = [...variables(a)].sort().join();
  if (names !== [...variables(b)].sort().join()) return 0;
  if (rule('modular') && isRational(a) && isRational(b) && !hasDecimal(a) && !hasDecimal(b) && !modularRatio(a, b))
    return 0;
  let factor: number | undefined;
  for (let point = 0; point < POINTS; point++) {
    const at = pointOf(point);
    const x = real(a, at);
    const y = real(b, at);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (Math.abs(y) < 1e-12 || Math.abs(x) < 1e-12) {
      if (Math.abs(x) > 1e-9 || Math.abs(y) > 1e-9) return 0;
      continue;
    }
    factor ??= x / y;
    if (Math.abs(x / y - factor) > 1e-7 * Math.abs(factor)) return 0;
  }
  return factor === undefined ? 0 : Math.sign(factor);
}
function modularRatio(a: Node, b: Node): boolean {
  for (const prime of PRIMES) {
    let first: readonly [number, number] | undefined;
    for (let round = 0; round < 4; round++) {
      const at = residueOf(prime.p, round);
      const x = modular(a, prime, at);
      const y = modular(b, prime, at);
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      first ??= [x, y];
      if ((x * first[1]) % prime.p !== (y * first[0]) % prime.p) return false;
    }
  }
  return true;
}
