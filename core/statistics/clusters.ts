/** Items grouped by what they share, e.g. an image: they are not independent, and an interval that ignores that is too narrow. */
import { sum } from './moments.js';

export interface Item {
  readonly value: number;
  /** Items with the same name belong together; absent = an item of its own. */
  readonly cluster?: string | undefined;
}

/** Values by cluster, in first-seen order. */
export function clustersOf(items: readonly Item[]): readonly (readonly number[])[] {
  const found = new Map<string, number[]>();
  items.forEach(({ value, cluster }, i) => {
    // A number is no name: an item alone can never meet a cluster.
    const name = cluster === undefined ? `#${i}` : `=${cluster}`;
    const members = found.get(name);
    if (members === undefined) found.set(name, [value]);
    else members.push(value);
  });
  return [...found.values()];
}

export const isClustered = (clusters: readonly (readonly number[])[]): boolean =>
  clusters.some((members) => members.length > 1);

/** Variance of the mean over all items by linearisation over clusters (Cochran, Sampling Techniques, 3rd ed., section 6.3, a ratio). */
export function varianceOfClusteredMean(clusters: readonly (readonly number[])[]): number {
  const groups = clusters.length;
  const items = sum(clusters.map((members) => members.length));
  const mean = sum(clusters.map(sum)) / items;
  const residuals = clusters.map((members) => sum(members) - mean * members.length);
  return ((groups / (groups - 1)) * sum(residuals.map((r) => r * r))) / items ** 2;
}
