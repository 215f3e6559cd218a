/** Two arms over the same seeds: the t interval of the paired differences, and the t test's p. */
import { CONFIDENCE, type Comparison, type NotOffered } from './estimate.js';
import { mean, variance } from './moments.js';
import { tailOfT, tOf } from './quantiles.js';

/** With two seeds the interval is some six times as wide as the spread: it can say nothing. */
export const MIN_SEEDS = 3;

/** @param differences of each seed, b - a */
export function compareSeeds(differences: readonly number[], confidence = CONFIDENCE): Comparison | NotOffered {
  const n = differences.length;
  if (n < MIN_SEEDS) return { notOffered: `${n} seeds; an interval over seeds needs ${MIN_SEEDS}` };
  const estimate = mean(differences);
  const error = Math.sqrt(variance(differences) / n);
  const half = tOf(confidence, n - 1) * error;
  const low = estimate - half;
  return { estimate, low, high: estimate + half, confidence, n, method: 't', p: tailOfT(estimate / error, n - 1) };
}
