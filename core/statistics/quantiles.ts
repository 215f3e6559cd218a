/** Quantiles and tails that the intervals are made of; the distributions are stdlib's. */
import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** Standard normal; `confidence` 0.95 gives 1.96. */
export const zOf = (confidence: number): number => normalQuantile((1 + confidence) / 2, 0, 1);

export const tOf = (confidence: number, degrees: number): number => tQuantile((1 + confidence) / 2, degrees);

/** Two-sided tail of Student's t. A statistic of 0/0 is no evidence: 1. */
export function tailOfT(statistic: number, degrees: number): number {
  if (Number.isNaN(statistic)) return 1;
  return Math.min(1, 2 * tCdf(-Math.abs(statistic), degrees));
}

/** P(X <= x) of a fair coin thrown `n` times. */
export const fairCdf = (x: number, n: number): number => binomialCdf(x, n, 0.5);
