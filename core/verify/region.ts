/** Sets of real numbers: unions of intervals and points, from brackets or from inequalities in one variable. */
import { equalNodes, infinity } from './equal.js';
import { real } from './evaluate-real.js';
import { map, type Node, num, variables } from './node.js';
import { rule } from './rules.js';

interface End {
  /** For the order; equality is of the expressions. */
  readonly v: number;
  readonly node: Node;
}
export interface Part {
  readonly lo: End;
  readonly hi: End;
  readonly loIn: boolean;
  readonly hiIn: boolean;
}
/** In order, apart from each other. */
export type Region = readonly Part[];

const INF: Node = { k: 'const', name: 'inf' };
const UP: End = { v: Infinity, node: INF };
const DOWN: End = { v: -Infinity, node: { k: 'neg', x: INF } };
export const LINE: Region = [{ lo: DOWN, hi: UP, loIn: false, hiIn: false }];

export function endOf(node: Node): End | null {
  const sign = infinity(node);
  if (sign !== 0) return sign > 0 ? UP : DOWN;
  const v = real(node, () => NaN);
  return Number.isFinite(v) ? { v, node } : null;
}

export function interval(lo: Node, hi: Node, loIn: boolean, hiIn: boolean): Region | null {
  const [a, b] = [endOf(lo), endOf(hi)];
  if (a === null || b === null || a.v > b.v) return null;
  return tidy([{ lo: a, hi: b, loIn: loIn && a.v !== -Infinity, hiIn: hiIn && b.v !== Infinity }]);
}
export function point(node: Node): Region | null {
  const end = endOf(node);
  return end === null || !Number.isFinite(end.v) ? null : [{ lo: end, hi: end, loIn: true, hiIn: true }];
}

const same = (a: number, b: number): boolean =>
  a === b ||
  (Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b)));

/** Ordered and joined where parts touch. */
function tidy(parts: readonly Part[]): Region {
  const sorted = parts
    .filter((one) => one.lo.v < one.hi.v || (one.lo.v === one.hi.v && one.loIn && one.hiIn))
    .sort((a, b) => a.lo.v - b.lo.v || Number(b.loIn) - Number(a.loIn));
  const out: Part[] = [];
  for (const next of sorted) {
    const last = out.at(-1);
    const touches =
      last !== undefined && (next.lo.v < last.hi.v || (same(next.lo.v, last.hi.v) && (next.loIn || last.hiIn)));
    if (last === undefined || !touches) out.push(next);
    else if (same(next.hi.v, last.hi.v)) out[out.length - 1] = { ...last, hiIn: last.hiIn || next.hiIn };
    else if (next.hi.v > last.hi.v) out[out.length - 1] = { ...last, hi: next.hi, hiIn: next.hiIn };
  }
  return out;
}
export const union = (a: Region, b: Region): Region => (rule('touching-intervals') ? tidy([...a, ...b]) : [...a, ...b]);

export function intersection(a: Region, b: Region): Region {
  return tidy(
    a.flatMap((x) =>
      b.map((y): Part => {
        const lower = same(x.lo.v, y.lo.v) ? { lo: x.lo, loIn: x.loIn && y.loIn } : x.lo.v > y.lo.v ? x : y;
        const upper = same(x.hi.v, y.hi.v) ? { hi: x.hi, hiIn: x.hiIn && y.hiIn } : x.hi.v < y.hi.v ? x : y;
        return { lo: lower.lo, loIn: lower.loIn, hi: upper.hi, hiIn: upper.hiIn };
      }),
    ),
  );
}
export function complement(region: Region): Region {
  return region.reduce<Region>((rest, part) => {
    const outside = tidy([
      { lo: DOWN, hi: part.lo, loIn: false, hiIn: !part.loIn },
      { lo: part.hi, hi: UP, loIn: !part.hiIn, hiIn: false },
    ]);
    return intersection(rest, outside);
  }, LINE);
}
export const contains = (region: Region, x: number): boolean =>
  region.some(
    (part) => (x > part.lo.v || (part.loIn && x === part.lo.v)) && (x < part.hi.v || (part.hiIn && x === part.hi.v)),
  );

export function equalRegions(a: Region, b: Region, rounding: number): boolean {
  return (
    a.length === b.length &&
    a.every((x, i) => {
      const y = b[i];
      if (y === undefined || x.loIn !== y.loIn || x.hiIn !== y.hiIn) return false;
      return (
        equalNodes(x.lo.node, y.lo.node, rounding) === 'equal' && equalNodes(x.hi.node, y.hi.node, rounding) === 'equal'
      );
    })
  );
}

export type Relation = '<' | '<=' | '>' | '>=' | '!=' | '=';
const FLIPPED: Readonly<Record<Relation, Relation>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '!=': '!=',
  '=': '=',
};

/** The x for which a op b, if a - b is linear in one variable and nothing else. */
export function solve(a: Node, op: Relation, b: Node): Region | null {
  const names = variables(b, variables(a));
  if (names.size !== 1) return null;
  const f: Node = { k: 'add', xs: [a, { k: 'neg', x: b }] };
  const at = (x: number): number => real(f, () => x);
  const [zero, one, two, far] = [at(0), at(1), at(2), at(-7)];
  const slope = one - zero;
  const linear =
    Math.abs(two - one - slope) < 1e-9 * Math.abs(slope) && Math.abs(far - zero + 7 * slope) < 1e-9 * Math.abs(slope);
  if (!linear || Math.abs(slope) < 1e-12) return null;
  const put = (node: Node, x: number): Node => map(node, (leaf) => (leaf.k === 'sym' ? num(x) : undefined));
  const root: Node =
    a.k === 'sym'
      ? b
      : b.k === 'sym'
        ? a
        : { k: 'div', a: { k: 'neg', x: put(f, 0) }, b: { k: 'add', xs: [put(f, 1), { k: 'neg', x: put(f, 0) }] } };
  const end = endOf(root);
  if (end === null) return null;
  const side = slope > 0 || !rule('negative-factor') ? op : FLIPPED[op];
  switch (side) {
    case '<':
    case '<=':
      return tidy([{ lo: DOWN, hi: end, loIn: false, hiIn: side === '<=' && end.v !== Infinity }]);
    case '>':
    case '>=':
      return tidy([{ lo: end, hi: UP, loIn: side === '>=' && end.v !== -Infinity, hiIn: false }]);
    case '=':
      return point(root);
    case '!=': {
      const hole = point(root);
      return hole === null ? null : complement(hole);
    }
  }
}

/** Points that tell two sets apart: around the ends of a region, and beyond. */
export function probes(region: Region): number[] {
  const ends = region.flatMap((part) => [part.lo.v, part.hi.v]).filter(Number.isFinite);
  const near = ends.flatMap((x) => [x, x - 1e-3, x + 1e-3, x - 0.5, x + 0.5]);
  const between = ends.slice(1).map((x, i) => (x + (ends[i] ?? x)) / 2);
  return [...near, ...between, 0.123, -0.123, 17.3, -17.3, 1234.5, -1234.5];
}
