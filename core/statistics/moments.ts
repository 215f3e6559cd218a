/** Mean, variance and standard error, in one place. */

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** @throws RangeError for no values */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of no values');
  return sum(values) / values.length;
}

/** Of a sample (n - 1). @throws RangeError for fewer than two values */
export function variance(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError('a variance needs at least two values');
  const middle = mean(values);
  return sum(values.map((x) => (x - middle) ** 2)) / (values.length - 1);
}

/** Of the mean. @throws RangeError for fewer than two values */
export const standardError = (values: readonly number[]): number => Math.sqrt(variance(values) / values.length);
