/**
 * Interval of one accuracy. Independent items: Wilson. Items that share an image: Wilson at the effective number of items, with
 * Student's t at the number of clusters (Korn and Graubard 1998 have it so for Clopper-Pearson).
 */
import { wilsonInterval } from '../wilson.js';
import { clustersOf, isClustered, varianceOfClusteredMean, type Item } from './clusters.js';
import { CONFIDENCE, type Estimate, type NotOffered } from './estimate.js';
import { sum } from './moments.js';
import { tOf, zOf } from './quantiles.js';

/** Fewer do not show how much clusters differ: coverage falls below 93 % (`npm run coverage`). */
export const MIN_CLUSTERS = 20;

/** @param items values 0 or 1 @throws RangeError for no items */
export function shareInterval(items: readonly Item[], confidence = CONFIDENCE): Estimate | NotOffered {
  const n = items.length;
  if (n === 0) throw new RangeError('the share of no items');
  const right = sum(items.map((item) => item.value));
  const estimate = right / n;
  const clusters = clustersOf(items);
  if (!isClustered(clusters)) {
    const [low, high] = wilsonInterval(right, n, zOf(confidence));
    return { estimate, low, high, confidence, n, method: 'wilson' };
  }
  if (clusters.length < MIN_CLUSTERS)
    return { notOffered: `${clusters.length} groups of items; an interval needs ${MIN_CLUSTERS}` };
  const simple = (estimate * (1 - estimate)) / n;
  // All right or all wrong: nothing to measure clusters by, so each counts as one item.
  const effect = simple === 0 ? n / clusters.length : varianceOfClusteredMean(clusters) / simple;
  // Correlation below zero is noise at these sizes: never more items than there are.
  const effective = Math.min(n, n / effect);
  const [low, high] = wilsonInterval(estimate * effective, effective, tOf(confidence, clusters.length - 1));
  return { estimate, low, high, confidence, n, clusters: clusters.length, method: 'clustered' };
}
