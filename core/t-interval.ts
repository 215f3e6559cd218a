/** Intervals that the tables show. A mean's t interval over seeds (a proportion's is core/wilson.ts). */
import { mean, standardError } from './statistics/moments.js';
import { tOf } from './statistics/quantiles.js';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** t interval of the mean. @throws RangeError for fewer than two values. */
export function tInterval(values: readonly number[], confidence = 0.95): Interval {
  const n = values.length;
  if (n < 2) throw new RangeError('a t interval needs at least two values');
  const middle = mean(values);
  const half = tOf(confidence, n - 1) * standardError(values);
  return { mean: middle, low: middle - half, high: middle + half, n };
}
