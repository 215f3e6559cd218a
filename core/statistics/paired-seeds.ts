/** Two arms over the same seeds: the t interval of the paired differences, and the t test's p. */
import { CONFIDENCE, type Comparison, type NotOffered } from './estimate.js';
import { tInterval } from '../t-interval.js';
import { standardError } from './moments.js';
import { tailOfT } from './quantiles.js';

/** With two seeds the interval is some six times as wide as the spread: it can say nothing. */
export const MIN_SEEDS = 3;

/** @param differences of each seed, b - a */
export function compareSeeds(differences: readonly number[], confidence = CONFIDENCE): Comparison | NotOffered {
  const n = differences.length;
  if (n < MIN_SEEDS) return { notOffered: `${n} seeds; an interval over seeds needs ${MIN_SEEDS}` };
  const { mean: estimate, low, high } = tInterval(differences, confidence);
  const p = tailOfT(estimate / standardError(differences), n - 1);
  return { estimate, low, high, confidence, n, method: 't', p };
}
