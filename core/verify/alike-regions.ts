/** Two values of which one is a set of reals or an inequality: do they say the same? */
import { holds, nameOf } from './chains.js';
import type { Equality } from './equal.js';
import { variables } from './node.js';
import { contains, equalRegions, probes, type Region } from './region.js';
import { rule } from './rules.js';
import type { Value } from './value.js';
import { regionOf } from './value-regions.js';

/** Undefined if neither is a set of reals as it stands. */
export function alikeRegions(gold: Value, pred: Value, rounding: number): Equality | undefined {
  const isSet = (value: Value): boolean => value.k === 'region' || value.k === 'chain';
  if ((!isSet(gold) && !isSet(pred)) || !rule('intervals')) return undefined;
  const [a, b] = [regionOf(gold), regionOf(pred)];
  if (a === null && b === null) return gold.k === pred.k ? undefined : 'unknown';
  if (a === null || b === null) return byMembership(gold, a, pred, b);
  const [x, y] = [nameOf(gold), nameOf(pred)];
  if (x !== undefined && y !== undefined && x !== y) return 'different';
  return equalRegions(a, b, rounding) ? 'equal' : 'different';
}
/** An inequality that was not solved, against a set: at points around the ends of the set. */
function byMembership(gold: Value, a: Region | null, pred: Value, b: Region | null): Equality {
  const other = a === null ? gold : pred;
  const chain = other.k === 'chain' ? other : undefined;
  const region = a ?? b;
  if (chain === undefined || region === null || !rule('membership-test')) return 'unknown';
  const names = chain.sides.reduce((all, side) => variables(side, all), new Set<string>());
  if (names.size !== 1) return 'different';
  return probes(region).every((x) => holds(chain, x) === contains(region, x)) ? 'equal' : 'different';
}
