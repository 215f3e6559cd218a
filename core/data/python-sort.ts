/** Python's sorted() over dictionary keys that came from JSON: the order of numbers and of texts, and no order between the two. */
import { numberOf, type PyValue } from './python-value.js';

/** Values that cannot be put in order. */
export class NoOrder extends Error {
  override readonly name = 'NoOrder';
}

export type Key = Exclude<PyValue, readonly unknown[] | Map<string, PyValue>>;

/** @throws NoOrder */
export function lessThan(a: Key, b: Key): boolean {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) < 0;
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string')
    throw new NoOrder(`${kindOf(a)} and ${kindOf(b)} have no order`);
  return numberOf(a) < numberOf(b);
}

/** @param less as Python's `<`; NaN is less than nothing and nothing less than NaN. Stable, as Python's. */
export function pythonSorted<T>(items: readonly T[], less: (a: T, b: T) => boolean, reverse: boolean): T[] {
  // Python reverses before and after, so that equal items keep their order.
  const sorted = reverse ? items.toReversed() : [...items];
  if (sorted.length < 64) insertionSort(sorted, less);
  else sorted.sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
  return reverse ? sorted.toReversed() : sorted;
}

/** What list.sort() does with fewer than 64 items, which shows where they have no true order: a run from the start, then insertion. */
function insertionSort<T>(items: T[], less: (a: T, b: T) => boolean): void {
  const at = (i: number): T => items[i] as T;
  let run = 1;
  if (items.length > 1) {
    const falls = less(at(1), at(0));
    run = 2;
    while (run < items.length && less(at(run), at(run - 1)) === falls) run += 1;
    if (falls) items.splice(0, run, ...items.slice(0, run).reverse());
  }
  for (; run < items.length; run += 1) {
    const item = at(run);
    let [low, high] = [0, run];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (less(item, at(middle))) high = middle;
      else low = middle + 1;
    }
    items.copyWithin(low + 1, low, run);
    items[low] = item;
  }
}

/** By code points, where JavaScript goes by UTF-16 units. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (const [i, char] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (char !== other) return (char.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}

const kindOf = (key: Key): string => (key === null ? 'null' : typeof key === 'string' ? 'text' : 'number');
