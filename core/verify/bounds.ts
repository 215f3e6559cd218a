/**
 * The bounds that make grading end: lengths, depths, sizes, and fuel for everything that computes. No clock is read. One item
 * has one tank; what it burns grows with the work done, so the tests can count it.
 */

export const BOUNDS = {
  /** Characters of an answer that is parsed; longer ones are only compared as strings. */
  answer: 10_000,
  tokens: 2_000,
  depth: 60,
  /** Members of a list, entries of a matrix. */
  items: 400,
  /** Bits of a numerator or denominator. */
  bits: 40_000,
  factorial: 2_100,
  /** Steps of one item; one is about as long as an addition of small numbers. */
  fuel: 400_000,
} as const;

/** Raised inside the verifier only; verify() makes it the reason `too-large`. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

let tank = 0;

/** Fills the tank: once an item, by verify(). */
export function refuel(): void {
  tank = BOUNDS.fuel;
}

export function burn(steps: number): void {
  tank -= steps;
  if (tank < 0) throw new TooLarge('out of fuel');
}

/** What the current item burnt so far. */
export const burnt = (): number => BOUNDS.fuel - tank;
