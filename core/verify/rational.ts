/**
 * Exact fractions of BigInt with bounded size. They are not reduced: equality is by cross multiplication, and a gcd of large
 * numbers costs more than it saves.
 */
import { BOUNDS, burn, TooLarge } from './bounds.js';

export interface Rational {
  readonly n: bigint;
  /** Above 0. */
  readonly d: bigint;
}

const LIMIT = 1n << BigInt(BOUNDS.bits);

/** Bits of a number, about. */
const sizeOf = (x: bigint): number => (x < 0x1_0000_0000n && x > -0x1_0000_0000n ? 1 : x.toString(16).length * 4);

function checked(n: bigint, d: bigint): Rational {
  if (n > LIMIT || -n > LIMIT || d > LIMIT) throw new TooLarge('number too long');
  return { n, d };
}

/** Steps of a product of two numbers: quadratic in 64-bit words. */
function burnFor(a: Rational, b: Rational): void {
  const size = (Math.max(sizeOf(a.n), sizeOf(a.d)) * Math.max(sizeOf(b.n), sizeOf(b.d))) / 100_000;
  burn(1 + size);
}

export const rational = (n: bigint, d = 1n): Rational => (d < 0n ? { n: -n, d: -d } : { n, d });
export const ZERO = rational(0n);
export const ONE = rational(1n);

export function add(a: Rational, b: Rational): Rational {
  burnFor(a, b);
  return a.d === b.d ? checked(a.n + b.n, a.d) : checked(a.n * b.d + b.n * a.d, a.d * b.d);
}
export const neg = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const sub = (a: Rational, b: Rational): Rational => add(a, neg(b));
export function mul(a: Rational, b: Rational): Rational {
  burnFor(a, b);
  return checked(a.n * b.n, a.d * b.d);
}
/** Null for a division by zero. */
export function div(a: Rational, b: Rational): Rational | null {
  if (b.n === 0n) return null;
  burnFor(a, b);
  return b.n < 0n ? checked(-a.n * b.d, a.d * -b.n) : checked(a.n * b.d, a.d * b.n);
}
export function compare(a: Rational, b: Rational): number {
  burnFor(a, b);
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}
export const isInteger = (a: Rational): boolean => a.d === 1n || a.n % a.d === 0n;

export function pow(a: Rational, exponent: bigint): Rational | null {
  if (exponent < 0n) {
    const inverse = div(ONE, a);
    return inverse === null ? null : pow(inverse, -exponent);
  }
  if (exponent === 0n) return ONE;
  const size = Math.max(sizeOf(a.n), sizeOf(a.d));
  if ((a.n === 1n || a.n === -1n || a.n === 0n) && a.d === 1n) return exponent % 2n === 0n ? mul(a, a) : a;
  // One is at least two bits off a power of 1: the result has at least this many bits.
  if (exponent > BigInt(BOUNDS.bits)) throw new TooLarge('exponent too large');
  const bits = Math.max(1, size === 1 ? Math.log2(Math.max(Math.abs(Number(a.n)), Number(a.d), 2)) : size - 4);
  if (bits * Number(exponent) > BOUNDS.bits) throw new TooLarge('power too large');
  burn(10 + (bits * Number(exponent)) / 50);
  return checked(a.n ** exponent, a.d ** exponent);
}

export function factorial(n: bigint): bigint {
  if (n > BigInt(BOUNDS.factorial)) throw new TooLarge('factorial too large');
  burn(10 + (Number(n) * Number(n)) / 200);
  let product = 1n;
  for (let i = 2n; i <= n; i++) product *= i;
  return product;
}

export function binomial(n: bigint, k: bigint): bigint {
  if (k < 0n || k > n) return 0n;
  const few = k > n - k ? n - k : k;
  if (few > BigInt(BOUNDS.factorial) || sizeOf(n) > 200) throw new TooLarge('binomial too large');
  burn(10 + (Number(few) * Number(few)) / 100);
  let product = 1n;
  for (let i = 1n; i <= few; i++) product = (product * (n - few + i)) / i;
  return product;
}

export function floor(a: Rational): bigint {
  const whole = a.n / a.d;
  return a.n < 0n && whole * a.d !== a.n ? whole - 1n : whole;
}

/** As a double; right to about 15 digits however long the parts are. */
export function toNumber(a: Rational): number {
  const n = Number(a.n);
  const d = Number(a.d);
  if (Number.isFinite(n) && Number.isFinite(d)) return n / d;
  const shift = BigInt(Math.max(0, Math.min(sizeOf(a.n), sizeOf(a.d)) - 200));
  return Number(a.n >> shift) / Number(a.d >> shift);
}

/** Rounded to so many decimals, half away from zero, as a whole number of units of the last one. */
export function roundTo(a: Rational, decimals: number): bigint {
  const scaled = (a.n < 0n ? -a.n : a.n) * 10n ** BigInt(decimals);
  const rounded = (2n * scaled + a.d) / (2n * a.d);
  return a.n < 0n ? -rounded : rounded;
}
