/**
 * Percentile bootstrap over clusters, for what has no formula (a median, a ratio, a difference of trace lengths). Seeded: the same
 * items and seed give the same interval. Shares and means have better methods in this folder.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { CONFIDENCE, type Estimate, type NotOffered } from './estimate.js';

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples?: number;
  readonly confidence?: number;
}
/** Below this many clusters the ends come too near the middle. */
export const MIN_RESAMPLED = 40;
const RESAMPLES = 2_000;

/** @param clusters items that belong together; `statistic` is given the items of a resample of as many clusters */
export function bootstrap<T>(
  clusters: readonly (readonly T[])[],
  statistic: (items: readonly T[]) => number,
  { seed, resamples = RESAMPLES, confidence = CONFIDENCE }: BootstrapOptions,
): Estimate | NotOffered {
  const groups = clusters.length;
  if (groups < MIN_RESAMPLED) return { notOffered: `${groups} independent items; a bootstrap needs ${MIN_RESAMPLED}` };
  const random = xoroshiro128plus(seed);
  const drawn: number[] = [];
  for (let i = 0; i < resamples; i += 1) {
    const items: T[] = [];
    for (let j = 0; j < groups; j += 1) items.push(...(clusters[uniformInt(random, 0, groups - 1)] ?? []));
    drawn.push(statistic(items));
  }
  drawn.sort((a, b) => a - b);
  const all = clusters.flat();
  const at = (share: number): number =>
    drawn[Math.min(resamples - 1, Math.max(0, Math.round(share * resamples) - 1))] ?? NaN;
  const tail = (1 - confidence) / 2;
  const single = groups === all.length ? {} : { clusters: groups };
  return {
    estimate: statistic(all),
    low: at(tail),
    high: at(1 - tail),
    confidence,
    n: all.length,
    ...single,
    method: 'bootstrap',
  };
}
