/**
 * Which digit images each split may use. Pools are disjoint for a seed by construction, whatever sizes data sets ask for:
 * 400 images are always held out, 10 of each digit are always kept for base training, the rest is for RL.
 */
import { StagewrightError } from '../failures.js';
import type { Split } from './derivation.js';
import { generatorFor, shuffled } from './random.js';

export const HELD_OUT_IMAGES = 400;
export const BASE_IMAGES_PER_DIGIT = 10;

/** @param labels the digit of each image; @returns image numbers of each split, in an order whose prefixes are fair draws. */
export function splitPools(labels: readonly number[], seed: number): Readonly<Record<Split, readonly number[]>> {
  const order = shuffled(generatorFor('pools', seed), [...labels.keys()]);
  const heldout = order.slice(0, HELD_OUT_IMAGES);
  const rest = order.slice(HELD_OUT_IMAGES);
  const byDigit = Array.from({ length: 10 }, (_, digit) =>
    rest.filter((image) => labels[image] === digit).slice(0, BASE_IMAGES_PER_DIGIT),
  );
  // One of each digit at a time, so that a prefix of 40 holds four of each.
  const base = Array.from({ length: BASE_IMAGES_PER_DIGIT }, (_, i) =>
    byDigit.flatMap((images) => images.slice(i, i + 1)),
  ).flat();
  const taken = new Set(base);
  return { heldout, base, rl: rest.filter((image) => !taken.has(image)) };
}

/** The first `size` images of a pool. @throws StagewrightError RecipeInvalid when the pool is smaller. */
export function poolOf(labels: readonly number[], seed: number, split: Split, size?: number): readonly number[] {
  const pool = splitPools(labels, seed)[split];
  if (size !== undefined && size > pool.length)
    throw new StagewrightError(
      'RecipeInvalid',
      `images: ${size}, but the ${split} pool holds ${pool.length} digit images`,
    );
  return pool.slice(0, size);
}
