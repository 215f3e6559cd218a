/** Holm's correction (1979) when several comparisons are made at once: the chance that any of them is a false alarm stays below alpha. */

/** Adjusted p values, in the order given. @throws RangeError for what is no p value */
export function holm(p: readonly number[]): number[] {
  for (const value of p) if (!(value >= 0 && value <= 1)) throw new RangeError(`no p value: ${value}`);
  const rising = [...p.keys()].sort((i, j) => (p[i] ?? 1) - (p[j] ?? 1));
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  for (const [rank, i] of rising.entries()) {
    largest = Math.max(largest, Math.min(1, (p[i] ?? 1) * (p.length - rank)));
    adjusted[i] = largest;
  }
  return adjusted;
}
