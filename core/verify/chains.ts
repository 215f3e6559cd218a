/** Inequalities: turned round, named, and whether one holds at a point. */
import { real } from './evaluate-real.js';
import { variables } from './node.js';
import type { Relation } from './region.js';
import type { Value } from './value.js';

export const TURNED: Readonly<Record<Relation, Relation>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '!=': '!=',
  '=': '=',
};

export const nameOf = (value: Value): string | undefined => {
  if (value.k === 'region') return value.name;
  if (value.k !== 'chain') return undefined;
  return [...value.sides.reduce((all, side) => variables(side, all), new Set<string>())][0];
};

export function holds(chain: Value & { k: 'chain' }, x: number): boolean {
  const values = chain.sides.map((side) => real(side, () => x));
  return chain.ops.every((op, i) => {
    const [a = NaN, b = NaN] = [values[i], values[i + 1]];
    const tie = Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
    switch (op) {
      case '<':
        return a < b && !tie;
      case '<=':
        return a <= b || tie;
      case '>':
        return a > b && !tie;
      case '>=':
        return a >= b || tie;
      case '!=':
        return !tie;
      case '=':
        return tie;
    }
  });
}
