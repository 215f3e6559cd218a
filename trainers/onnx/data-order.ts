/**
 * Which rows a step trains on. A pure function of (order, seed, step): the data position is the step, so there is nothing to
 * restore on resume, though an order that is spread over all steps also depends on their number. Row number r of the endless stream belongs to pass floor(r / rows); a batch may straddle two passes.
 */
import { createHash } from 'node:crypto';
import { StagewrightError } from '../../core/failures.js';
import { spread } from '../../core/data/composition.js';
import { difficultyOf, levelsByPassRate } from '../../core/order.js';
import type { OnnxJob } from '../../core/onnx-job.js';
import { derivedGenerator, permutation } from './random.js';

export type Order = OnnxJob['data']['order'];

/** The part of a row that ordering needs. */
export interface Orderable {
  readonly id: string;
  /** Share of samples that were right: easy is 1. */
  readonly passRate?: number | undefined;
}

export interface DataPosition {
  /** Rows consumed so far. */
  readonly rows: number;
  /** Pass over the data that the next row belongs to, from 0. */
  readonly pass: number;
}

export class DataOrder<T extends Orderable> {
  readonly #rows: readonly T[];
  /** All rows of all steps, where the order is spread over them. */
  readonly #stream: readonly T[] | null;
  #shuffled: { pass: number; order: Int32Array } | undefined;

  /** @throws StagewrightError DataInvalid without rows, or when an order by difficulty meets a row without `pass_rate`. */
  constructor(
    rows: readonly T[],
    private readonly order: Order,
    private readonly seed: number,
    /** Rows that all steps take together, to spread an order by difficulty over; null: every pass begins anew. */
    spreadOver: number | null = null,
  ) {
    if (rows.length === 0)
      throw new StagewrightError('DataInvalid', 'the data set has no rows; a stage needs at least one');
    const levels = levelsByPassRate(rows, order);
    this.#rows = levels.flat();
    this.#stream =
      spreadOver === null || difficultyOf(order) === null
        ? null
        : Array.from(spread(levels, spreadOver), ({ row }) => row);
  }

  /** Rows of `step` (from 1), in order. */
  batch(step: number, size: number): T[] {
    const first = (step - 1) * size;
    return Array.from({ length: size }, (_, i) => this.#at(first + i));
  }

  /** Where the stream stands after `step` steps. */
  position(step: number, size: number): DataPosition {
    return { rows: step * size, pass: Math.floor((step * size) / this.#rows.length) };
  }

  #at(index: number): T {
    const n = this.#rows.length;
    const planned = this.#stream?.[index];
    if (planned !== undefined) return planned;
    const pass = Math.floor(index / n);
    const within = index % n;
    const row = this.#rows[this.order === 'shuffled' ? (this.#permutation(pass)[within] ?? -1) : within];
    if (row === undefined) throw new Error(`no row at ${index} of ${n}`);
    return row;
  }

  #permutation(pass: number): Int32Array {
    if (this.#shuffled?.pass !== pass)
      this.#shuffled = { pass, order: permutation(this.#rows.length, derivedGenerator(this.seed, 'order', pass)) };
    return this.#shuffled.order;
  }
}

/** sha256 over the row ids joined by newlines, as `prompt_ids_sha256` of core/metrics.ts. */
export function promptIdsSha256(batch: readonly Orderable[]): string {
  return createHash('sha256')
    .update(batch.map((row) => row.id).join('\n'))
    .digest('hex');
}
