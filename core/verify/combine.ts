/** A list as one value: inequalities of one variable become one set of reals, hours and minutes one duration. */
import { UNREADABLE } from './parse-reading.js';
import * as R from './region.js';
import { flat, isLoneSymbol, type Value } from './value.js';
import { chainNames, regionOf } from './value-regions.js';

export function combine(items: readonly Value[], how: 'or' | 'comma'): Value {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return only;
  if (items.length === 0) throw UNREADABLE;
  if (items.every((one) => one.k === 'chain')) {
    const regions = items.map(regionOf);
    const names = new Set(items.flatMap((one) => (one.k === 'chain' ? [...chainNames(one.sides)] : [])));
    if (names.size === 1 && regions.every((one) => one !== null)) {
      const joined = regions.reduce(
        (a, b) => (how === 'or' ? R.union(a, b) : R.intersection(a, b)),
        how === 'or' ? [] : R.LINE,
      );
      const region = joined.length === 0 ? regions.reduce((a, b) => R.union(a, b), []) : joined;
      return { k: 'region', region, name: [...names][0] };
    }
  }
  if (items.every((one) => one.k === 'region') && how === 'or')
    return { k: 'region', region: items.reduce<R.Region>((all, one) => R.union(all, one.region), []), name: undefined };
  const quantities = items.filter((one) => one.k === 'quantity');
  const units = quantities.map((one) => one.unit?.key);
  const apart = new Set(units).size === units.length && !units.includes(undefined);
  if (
    quantities.length === items.length &&
    apart &&
    how === 'comma' &&
    quantities.every((one) => one.unit?.counted === false)
  )
    return { k: 'compound', parts: quantities };
  return { k: 'many', items: named(items).flatMap(flat), how };
}

/** n = 2, 3, 4 gives its name to all. */
function named(items: readonly Value[]): readonly Value[] {
  const [first, ...rest] = items;
  if (first?.k !== 'equation' || first.sides.length !== 2 || rest.some((one) => one.k !== 'quantity')) return items;
  const left = first.sides[0];
  if (left === undefined || !isLoneSymbol(left.node)) return items;
  return [
    first,
    ...rest.map((one): Value => (one.k === 'quantity' ? { k: 'equation', sides: [left, one], label: true } : one)),
  ];
}
