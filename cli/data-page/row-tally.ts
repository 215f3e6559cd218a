/** What the rows of a set say of themselves, counted: where they come from, under which licence, letters and pass rates. */
import type { Row } from '../../core/row.js';

/** As data sets spell it. */
const LICENCE_KEYS = ['licence', 'license'] as const;
/** Where rows have rates of no funnel: tenths, and one of its own for 1. */
const TENTHS = 10;

export interface RowTally {
  readonly rows: number;
  readonly pictures: number;
  /** Of the rows' `source`, with the licences that their `meta` names; null where a row names none. Most frequent first. */
  readonly sources: readonly {
    readonly source: string | null;
    readonly licence: string | null;
    readonly rows: number;
  }[];
  /** Capability and kind, most frequent first. */
  readonly kinds: readonly { readonly capability: string; readonly kind: string; readonly rows: number }[];
  /** Right answers of rows with options. */
  readonly letters: Readonly<Record<string, number>>;
  /** Rows by tenth of their pass rate, the last one those of exactly 1; null where no row has one. */
  readonly tenths: readonly number[] | null;
}

export function tallyRows(): RowTally & { add(row: Row): void } {
  const sources = new Map<string, { source: string | null; licence: string | null; rows: number }>();
  const kinds = new Map<string, { capability: string; kind: string; rows: number }>();
  const letters = new Map<string, number>();
  let [rows, pictures, rated] = [0, 0, 0];
  const tenths = Array.from({ length: TENTHS + 1 }, () => 0);
  return {
    get rows() {
      return rows;
    },
    get pictures() {
      return pictures;
    },
    get sources() {
      return byRows(sources);
    },
    get kinds() {
      return byRows(kinds);
    },
    get letters() {
      return Object.fromEntries([...letters].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    get tenths() {
      return rated === 0 ? null : tenths;
    },
    add(row) {
      rows += 1;
      pictures += row.images.length;
      const { source = null, capability, kind, options, answer, pass_rate: rate } = row;
      const licence = licenceOf(row);
      count(sources, JSON.stringify([source, licence]), { source, licence, rows: 0 });
      count(kinds, JSON.stringify([capability, kind]), { capability, kind, rows: 0 });
      if (options !== undefined) letters.set(answer, (letters.get(answer) ?? 0) + 1);
      if (rate === undefined) return;
      rated += 1;
      const tenth = Math.floor(rate * TENTHS);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    },
  };
}

function licenceOf({ meta }: Row): string | null {
  for (const key of LICENCE_KEYS) {
    const value = meta?.[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

function count<T extends { rows: number }>(known: Map<string, T>, key: string, fresh: T): void {
  const found = known.get(key) ?? fresh;
  found.rows += 1;
  known.set(key, found);
}

/** Then by name, so that equal sets give equal pages. */
function byRows<T extends { rows: number }>(known: ReadonlyMap<string, T>): T[] {
  return [...known].sort(([a, x], [b, y]) => y.rows - x.rows || (a < b ? -1 : 1)).map(([, value]) => value);
}
