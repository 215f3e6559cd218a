/** Not strict: variables are x1, x2, … in order of appearance. */
import { map, type Node } from './node.js';
import type { Value } from './value.js';

export function byPosition(gold: Value, pred: Value): readonly [Value, Value] {
  return [renamed(gold), renamed(pred)];
}
function renamed(value: Value): Value {
  const names = new Map<string, string>();
  const name = (old: string): string => {
    if (!names.has(old)) names.set(old, `#${names.size}`);
    return names.get(old) ?? old;
  };
  const inNode = (node: Node): Node =>
    map(node, (one) => (one.k === 'sym' ? { k: 'sym', name: name(one.name) } : undefined));
  const go = (one: Value): Value => {
    switch (one.k) {
      case 'quantity':
        return { ...one, node: inNode(one.node) };
      case 'many':
        return { ...one, items: one.items.map(go) };
      case 'tuple':
        return { ...one, items: one.items.map(go) };
      case 'equation':
        return { ...one, sides: one.sides.map((side) => ({ ...side, node: inNode(side.node) })) };
      case 'chain':
        return { ...one, sides: one.sides.map(inNode) };
      case 'matrix':
        return { ...one, rows: one.rows.map((row) => row.map(inNode)) };
      case 'ratio':
        return { ...one, parts: one.parts.map(inNode) };
      case 'region':
      case 'compound':
        return one;
    }
  };
  return go(value);
}
