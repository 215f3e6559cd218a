/** Values as sets of reals: inequalities, intervals and sets of points, and what ∪, ∩ and ∖ make of them. */
import { type Node, variables } from './node.js';
import { UNREADABLE } from './parse-reading.js';
import * as R from './region.js';
import { rule } from './rules.js';
import type { Quantity, Value } from './value.js';

export const chainNames = (sides: readonly Node[]): Set<string> =>
  sides.reduce((names, side) => variables(side, names), new Set<string>());

/** The set of reals that a value is, if it is one. */
export function regionOf(value: Value): R.Region | null {
  switch (value.k) {
    case 'region':
      return value.region;
    case 'chain': {
      let region: R.Region = R.LINE;
      if (chainNames(value.sides).size !== 1) return null;
      for (const [i, op] of value.ops.entries()) {
        const [a, b] = [value.sides[i], value.sides[i + 1]];
        const part = a === undefined || b === undefined ? null : R.solve(a, op, b);
        if (part === null) return null;
        region = R.intersection(region, part);
      }
      // What holds nowhere is not read as a set: f(2) < f(1) < f(2).
      return region.length === 0 ? null : region;
    }
    case 'tuple': {
      const [lo, hi] = value.items;
      if (value.items.length !== 2 || lo?.k !== 'quantity' || hi?.k !== 'quantity') return null;
      return R.interval(lo.node, hi.node, value.open === '[', value.close === ']');
    }
    case 'many': {
      if (value.how !== 'set') return null;
      let region: R.Region = [];
      for (const item of value.items) {
        const part = item.k === 'quantity' ? R.point(item.node) : null;
        if (part === null) return null;
        region = R.union(region, part);
      }
      return region;
    }
    default:
      return null;
  }
}

export function setAlgebra(a: Value, op: string, b: Value): Value {
  if (a.k === 'many' && b.k === 'many' && op === 'cup')
    return { k: 'many', items: [...a.items, ...b.items], how: 'set' };
  const [x, y] = [regionOf(a), regionOf(b)];
  if (x === null || y === null || !rule('set-algebra')) throw UNREADABLE;
  const region = op === 'cup' ? R.union(x, y) : R.intersection(x, op === 'cap' ? y : R.complement(y));
  // Sets of points stay sets of points.
  if (region.every((part) => part.lo.v === part.hi.v))
    return {
      k: 'many',
      items: region.map((part): Quantity => ({ k: 'quantity', node: part.lo.node, unit: null, percent: false })),
      how: 'set',
    };
  return { k: 'region', region, name: undefined };
}
