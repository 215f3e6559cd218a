/**
 * The published order of a curriculum: rows of one pass rate are shuffled among themselves, and the groups follow each other from
 * easy to hard (or back). Rows are numbers here; where they are read from and written to is the command's.
 */
import { PythonRandom } from './mt19937.js';
import { lessThan, pythonSorted, type Key } from './python-sort.js';
import { equalityKey, type PyValue } from './python-value.js';

/** Pass rates as numbers of groups, in the order in which they are first seen. */
export class RateGroups {
  readonly rates: Key[] = [];
  private readonly byKey = new Map<string, number>();

  /** A row without a rate counts as 0, and True as 1. Null: such a value can be no key. */
  of(rate: PyValue | undefined): number | null {
    if (Array.isArray(rate) || rate instanceof Map) return null;
    // All NaN that Python reads are one object, so that they are one group.
    const key = equalityKey(rate ?? (rate === undefined ? 0 : null)) ?? 'NaN';
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    this.byKey.set(key, this.rates.length);
    this.rates.push(rate === undefined ? 0 : rate);
    return this.rates.length - 1;
  }

  /** The one group that is left out of the filtered files; -1 where there is none. */
  get saturated(): number {
    return this.byKey.get('1') ?? -1;
  }

  get hopeless(): number {
    return this.byKey.get('0') ?? -1;
  }
}

/** @throws NoOrder @returns the rows in their new order */
export function shuffledByRate(
  groups: Int32Array,
  rates: readonly Key[],
  { seed, ascending }: { readonly seed: bigint; readonly ascending: boolean },
): Uint32Array {
  const keys = rates.map((rate, group) => ({ rate, group }));
  const sorted = pythonSorted(keys, (a, b) => lessThan(a.rate, b.rate), !ascending);
  return shuffled(
    groups,
    rates.length,
    sorted.map(({ group }) => group),
    seed,
  );
}

/**
 * Several files: within a rate they keep their order, or are turned round with the rates.
 * @param starts of each file its first row
 */
export function fileOrderByRate(
  groups: Int32Array,
  rates: readonly Key[],
  starts: readonly number[],
  { seed, ascending }: { readonly seed: bigint; readonly ascending: boolean },
): Uint32Array {
  const numbers = new Int32Array(rates.length * starts.length).fill(-1);
  const keys: { rate: Key; rateGroup: number; file: number; group: number }[] = [];
  const both = new Int32Array(groups.length);
  for (const [file, start] of starts.entries())
    for (let row = start; row < (starts[file + 1] ?? groups.length); row += 1) {
      const rateGroup = groups[row] as number;
      const place = file * rates.length + rateGroup;
      if (numbers[place] === -1) {
        numbers[place] = keys.length;
        keys.push({ rate: rates[rateGroup] as Key, rateGroup, file, group: keys.length });
      }
      both[row] = numbers[place] as number;
    }
  const sorted = pythonSorted(
    keys,
    (a, b) => (a.rateGroup === b.rateGroup ? a.file < b.file : lessThan(a.rate, b.rate)),
    !ascending,
  );
  return shuffled(
    both,
    keys.length,
    sorted.map(({ group }) => group),
    seed,
  );
}

/** One stream of random numbers shuffles the groups in the order in which they were first seen. */
function shuffled(groups: Int32Array, count: number, order: readonly number[], seed: bigint): Uint32Array {
  const ends = new Uint32Array(count);
  for (const group of groups) ends[group] = (ends[group] as number) + 1;
  for (let group = 1; group < count; group += 1) ends[group] = (ends[group] as number) + (ends[group - 1] as number);
  const starts = Uint32Array.from(ends, (_, group) => (group === 0 ? 0 : (ends[group - 1] as number)));
  const next = starts.slice();
  const rows = new Uint32Array(groups.length);
  for (let row = 0; row < groups.length; row += 1) {
    const group = groups[row] as number;
    rows[next[group] as number] = row;
    next[group] = (next[group] as number) + 1;
  }
  const random = new PythonRandom(seed);
  for (let group = 0; group < count; group += 1) random.shuffle(rows, starts[group], ends[group]);
  const result = new Uint32Array(rows.length);
  let at = 0;
  for (const group of order) {
    const part = rows.subarray(starts[group], ends[group]);
    result.set(part, at);
    at += part.length;
  }
  return result;
}
