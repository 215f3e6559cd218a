/** Fixed-point arithmetic with BigInt to some 60 digits: products, roots, e^x, ln, sin, arctan. */
import type { Rational } from './rational.js';

export const BITS = 220n;
export const ONE = 1n << BITS;
/** |x| beyond e^200 is left to the doubles. */
export const HUGE = ONE << 600n;

export type Fixed = bigint;

export const product = (a: Fixed, b: Fixed): Fixed => (a * b) >> BITS;
export const quotient = (a: Fixed, b: Fixed): Fixed => (a << BITS) / b;
export const fromRational = (q: Rational): Fixed => (q.n << BITS) / q.d;

export function isqrt(x: bigint): bigint {
  if (x < 2n) return x;
  let guess = 1n << BigInt((x.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + x / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
export const root = (x: Fixed): Fixed => isqrt(x << BITS);

/** Machin's formula. */
function machin(): Fixed {
  const inverse = (k: bigint): Fixed => {
    let term = ONE / k;
    let total = term;
    for (let i = 3n, sign = -1n; term !== 0n; i += 2n, sign = -sign) {
      term /= k * k;
      total += (sign * term) / i;
    }
    return total;
  };
  return 4n * (4n * inverse(5n) - inverse(239n));
}
export const PI = machin();

export function exponential(x: Fixed): Fixed | null {
  if (x > 400n * ONE || x < -400n * ONE) return null;
  // e^x = (e^(x/2^12))^(2^12)
  const small = x >> 12n;
  let term = ONE;
  let total = ONE;
  for (let i = 1n; term !== 0n && term !== -1n; i++) {
    term = product(term, small) / i;
    total += term;
  }
  for (let i = 0; i < 12; i++) total = product(total, total);
  return total;
}
export const E = exponential(ONE) ?? ONE;

export function logarithm(x: Fixed): Fixed | null {
  if (x <= 0n) return null;
  // x = 2^k y with y near 1; ln y by Newton from the double.
  const k = x.toString(2).length - Number(BITS) - 1;
  const y = k >= 0 ? x >> BigInt(k) : x << BigInt(-k);
  return BigInt(k) * LN2 + nearOne(y);
}
function nearOne(y: Fixed): Fixed {
  // ln y = 2 artanh((y-1)/(y+1)); y in [1/2, 2) after two roots.
  const close = root(root(root(y)));
  const t = quotient(close - ONE, close + ONE);
  const square = product(t, t);
  let term = t;
  let total = t;
  for (let i = 3n; term !== 0n && term !== -1n; i += 2n) {
    term = product(term, square);
    total += term / i;
  }
  return 16n * total;
}
const LN2 = nearOne(2n * ONE);

export function sine(x: Fixed): Fixed {
  let y = x % (2n * PI);
  if (y > PI) y -= 2n * PI;
  if (y < -PI) y += 2n * PI;
  const square = product(y, y);
  let term = y;
  let total = y;
  for (let i = 2n; term !== 0n && term !== -1n; i += 2n) {
    term = -product(term, square) / (i * (i + 1n));
    total += term;
  }
  return total;
}
export const cosine = (x: Fixed): Fixed => sine(x + PI / 2n);

export function arctangent(x: Fixed): Fixed {
  let y = x;
  let halvings = 0n;
  for (; halvings < 4n; halvings++) y = quotient(y, ONE + root(ONE + product(y, y)));
  const square = product(y, y);
  let term = y;
  let total = y;
  for (let i = 3n, sign = -1n; term !== 0n && term !== -1n; i += 2n, sign = -sign) {
    term = product(term, square);
    total += (sign * term) / i;
  }
  return total << halvings;
}
