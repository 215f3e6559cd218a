/**
 * Two models on the same items. The test is McNemar's with mid-p (Fagerland, Lydersen, Laake 2013), the interval Bonett and Price's
 * (2012, Laplace-adjusted Wald); with clusters both are t over clusters' mean differences. Which model is better is not judged here.
 */
import { clustersOf, isClustered, varianceOfClusteredMean } from './clusters.js';
import { CONFIDENCE, type Comparison, type NotOffered } from './estimate.js';
import { fairCdf, tailOfT, tOf, zOf } from './quantiles.js';
import { MIN_CLUSTERS } from './share.js';

export interface Pair {
  /** 0 or 1, of the same item. */
  readonly a: number;
  readonly b: number;
  readonly cluster?: string | undefined;
}

/** Below this many items the interval promises more than it holds. */
export const MIN_PAIRS = 20;

/** Of b - a. @throws RangeError for no pairs */
export function compareItems(pairs: readonly Pair[], confidence = CONFIDENCE): Comparison | NotOffered {
  const n = pairs.length;
  if (n === 0) throw new RangeError('a comparison of no items');
  if (n < MIN_PAIRS) return { notOffered: `${n} items; a comparison needs ${MIN_PAIRS}` };
  const clusters = clustersOf(pairs.map(({ a, b, cluster }) => ({ value: b - a, cluster })));
  const gained = pairs.filter(({ a, b }) => b > a).length;
  const lost = pairs.filter(({ a, b }) => b < a).length;
  const estimate = (gained - lost) / n;
  if (isClustered(clusters)) {
    if (clusters.length < MIN_CLUSTERS)
      return { notOffered: `${clusters.length} groups of items; a comparison needs ${MIN_CLUSTERS}` };
    const degrees = clusters.length - 1;
    const error = Math.sqrt(varianceOfClusteredMean(clusters));
    const half = tOf(confidence, degrees) * error;
    return {
      estimate,
      ...within(estimate - half, estimate + half),
      confidence,
      n,
      clusters: clusters.length,
      method: 'paired-clustered',
      p: tailOfT(estimate / error, degrees),
    };
  }
  const [up, down] = [(gained + 1) / (n + 2), (lost + 1) / (n + 2)];
  const half = zOf(confidence) * Math.sqrt((up + down - (up - down) ** 2) / (n + 2));
  return {
    estimate,
    ...within(up - down - half, up - down + half),
    confidence,
    n,
    method: 'paired',
    p: mcnemarMidP(gained, lost),
  };
}

/** Two-sided McNemar mid-p of discordant counts. */
export function mcnemarMidP(gained: number, lost: number): number {
  const discordant = gained + lost;
  if (discordant === 0) return 1;
  const fewer = Math.min(gained, lost);
  const point = fairCdf(fewer, discordant) - (fewer === 0 ? 0 : fairCdf(fewer - 1, discordant));
  return Math.min(1, 2 * fairCdf(fewer, discordant) - point);
}

const within = (low: number, high: number): { low: number; high: number } => ({
  low: Math.max(-1, low),
  high: Math.min(1, high),
});
