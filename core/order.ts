/**
 * The order in which a stage's rows are trained on. By difficulty: the pass rate of K samples, easy is 1. Settings and the pure
 * ordering; scoring pass rates is not done here.
 */
import { z } from 'zod';
import { StagewrightError } from './failures.js';

export const difficultySchema = z.enum(['easy_to_hard', 'hard_to_easy']);
export type Difficulty = z.infer<typeof difficultySchema>;

export const bandsSchema = z.strictObject({
  by: difficultySchema,
  /** Pass rates between bands, rising: `[0.25, 0.75]` makes three bands. Rows within a band keep the file's order. */
  bands: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? 1)), 'must rise'),
});

export const orderSchema = z.union([z.enum(['shuffled', 'file', ...difficultySchema.options]), bandsSchema]);
export type Order = z.infer<typeof orderSchema>;

/**
 * What becomes of an order by difficulty when training takes more than one pass over the rows. `spread`: one way from the easiest to
 * the hardest (or back) over all passes. `restart`: every pass takes that way anew, as the published runs do.
 */
export const orderPerEpochSchema = z.enum(['spread', 'restart']);
export type OrderPerEpoch = z.infer<typeof orderPerEpochSchema>;

/** For a stage that is planned now; one without the field, of a plan before version 0.2, restarts. Nothing where no pass rates order. */
export function orderPerEpoch(
  order: Order,
  chosen: OrderPerEpoch | undefined,
): { readonly order_per_epoch?: OrderPerEpoch } {
  return difficultyOf(order) === null ? {} : { order_per_epoch: chosen ?? 'spread' };
}

/** Null for an order that needs no pass rates. */
export function difficultyOf(order: Order): Difficulty | null {
  if (typeof order === 'object') return order.by;
  return order === 'easy_to_hard' || order === 'hard_to_easy' ? order : null;
}

/** In words for people, e.g. `easy_to_hard in 3 bands`. */
export function describeOrder(order: Order): string {
  return typeof order === 'object' ? `${order.by} in ${order.bands.length + 1} bands` : order;
}

/**
 * Rows by difficulty; ties (and rows of one band) keep the order of the file.
 * @throws StagewrightError DataInvalid naming the first row without a pass rate.
 */
export function byPassRate<T extends { readonly id: string; readonly passRate?: number | undefined }>(
  rows: readonly T[],
  order: Order,
): T[] {
  return levelsByPassRate(rows, order).flat();
}

/**
 * The same rows, those that the order does not tell apart together; one level where it needs no pass rates.
 * @throws StagewrightError DataInvalid naming the first row without a pass rate.
 */
export function levelsByPassRate<T extends { readonly id: string; readonly passRate?: number | undefined }>(
  rows: readonly T[],
  order: Order,
): T[][] {
  const direction = difficultyOf(order);
  if (direction === null) return rows.length === 0 ? [] : [[...rows]];
  const sign = direction === 'easy_to_hard' ? -1 : 1;
  const rank = (row: T): number => {
    if (row.passRate === undefined)
      throw new StagewrightError(
        'DataInvalid',
        `row ${row.id} has no pass_rate, which order ${describeOrder(order)} needs`,
        { row: row.id },
      );
    const { passRate } = row;
    return typeof order === 'object' ? order.bands.filter((edge) => passRate >= edge).length : passRate;
  };
  const levels = new Map<number, T[]>();
  for (const row of rows) {
    const key = sign * rank(row);
    const level = levels.get(key);
    if (level === undefined) levels.set(key, [row]);
    else level.push(row);
  }
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}
