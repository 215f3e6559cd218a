/** Intervals that the tables show. A mean's t interval over seeds (a proportion's is core/wilson.ts). */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** 95 % t interval of the mean. @throws RangeError for fewer than two values. */
export function tInterval(values: readonly number[]): Interval {
  const n = values.length;
  if (n < 2) throw new RangeError('a t interval needs at least two values');
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const half = tQuantile(0.975, n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half, n };
}
