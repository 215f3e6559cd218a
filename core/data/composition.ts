/**
 * The order of training over several passes, written out so that one pass is all of it. Trainers that read a file again in each epoch
 * begin with its first rows every time, and some drop the last incomplete batch: of a file from easy to hard, the hardest rows.
 * Pure: which rows, in which order, how often. Writing files is the caller's.
 */
import { describeOrder, difficultyOf, levelsByPassRate, type Order } from '../order.js';

/**
 * `total` rows from the first level to the last. Every row comes equally often, or once more than others; where `total` is less than
 * all, the rows left out lie evenly among the rest, and the last row always stays. Within a level the rows come round in turn, so that
 * copies of a row are as far apart as the level allows.
 */
export function* spread<T>(levels: readonly (readonly T[])[], total: number): Generator<{ row: T; copy: number }> {
  const rows = levels.reduce((sum, level) => sum + level.length, 0);
  // Rows before the k-th take this many places together.
  const placesBefore = (k: number): number => Math.floor((k * total) / rows);
  let first = 0;
  for (const level of levels) {
    const copies = (i: number): number => placesBefore(first + i + 1) - placesBefore(first + i);
    const most = Math.ceil(total / rows);
    for (let copy = 0; copy < most; copy++)
      for (const [i, row] of level.entries()) if (copy < copies(i)) yield { row, copy };
    first += level.length;
  }
}

/** A row of one file: `copy` counts from 0. */
export interface Composed<T> {
  readonly row: T;
  readonly copy: number;
}

interface Orderable {
  readonly id: string;
  readonly passRate?: number | undefined;
}

export interface CompositionSettings {
  /** Within each set; `shuffled` is the trainer's own business. */
  readonly order: Exclude<Order, 'shuffled'>;
  readonly epochs: number;
  /** Rows of a batch where the trainer drops the last incomplete one; null where it does not. */
  readonly wholeBatchesOf: number | null;
}

/**
 * One file of several sets, one after the other, for one pass: all epochs of the first set, then all of the second. Where incomplete
 * batches are dropped, the first rows come once more at the start until all batches are whole: no row is lost, and of all rows those
 * are repeated that matter least to an order from easy to hard.
 * @throws StagewrightError DataInvalid naming the first row without a pass rate that the order needs
 */
export function* compose<T extends Orderable>(
  sets: readonly (readonly T[])[],
  { order, epochs, wholeBatchesOf }: CompositionSettings,
): Generator<Composed<T>> {
  const levels = sets.map((rows) => levelsByPassRate(rows, order));
  const total = sets.reduce((sum, rows) => sum + rows.length * epochs, 0);
  const missing =
    wholeBatchesOf === null || total === 0 ? 0 : (wholeBatchesOf - (total % wholeBatchesOf)) % wholeBatchesOf;
  const inOrder = levels.flat(2);
  for (let i = 0; i < missing; i++) {
    const row = inOrder[i % inOrder.length];
    if (row !== undefined) yield { row, copy: epochs + Math.floor(i / inOrder.length) };
  }
  for (const [i, rows] of sets.entries()) yield* spread(levels[i] ?? [], rows.length * epochs);
}

/** Ids stay distinct. */
export function copyId(id: string, copy: number): string {
  return copy === 0 ? id : `${id}-again${copy}`;
}

/**
 * What a trainer that reads its rows as they stand does to an order by difficulty; null where it keeps it.
 * @param rows of the set @param taken rows that all steps take together
 */
export function whySpoiled(order: Order, rows: number, taken: number): string | null {
  const direction = difficultyOf(order);
  if (direction === null || rows === 0 || taken === rows) return null;
  const [first, last] = direction === 'easy_to_hard' ? ['easiest', 'hardest'] : ['hardest', 'easiest'];
  if (taken < rows)
    return `order ${describeOrder(order)} ends early: its steps take ${taken} of ${rows} rows, and the ${rows - taken} ${last} are never trained on`;
  const passes = Math.round((100 * taken) / rows) / 100;
  return `order ${describeOrder(order)} restarts: its steps go over the ${rows} rows ${passes} times, each time from the ${first} again`;
}
