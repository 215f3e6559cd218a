/** What an equation says of one thing: its value, its name, its zero form. */
import { equalNodes } from './equal.js';
import { hasVariable, type Node } from './node.js';
import { rule } from './rules.js';
import { isLoneSymbol, type Quantity, type Value } from './value.js';

export const difference = (sides: readonly Node[]): Node | undefined => {
  const [a, b] = sides;
  return a === undefined || b === undefined ? undefined : { k: 'add', xs: [a, { k: 'neg', x: b }] };
};
export function zeroForm(equation: Value & { k: 'equation' }): Node | undefined {
  const { sides } = equation;
  return difference([sides[0], sides.at(-1)].flatMap((side) => (side === undefined ? [] : [side.node])));
}

/** name = value, either way round. */
export function assignment(
  equation: Value & { k: 'equation' },
): { name: string; value: Quantity; label: boolean } | undefined {
  const [left, right] = [equation.sides[0], equation.sides.at(-1)];
  if (left === undefined || right === undefined) return undefined;
  if (equation.label && !isLoneSymbol(left.node))
    return {
      name: JSON.stringify(left.node, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
      value: right,
      label: true,
    };
  if (isLoneSymbol(left.node)) return { name: left.node.name, value: right, label: !hasVariable(right.node) };
  if (isLoneSymbol(right.node) && !hasVariable(left.node)) return { name: right.node.name, value: left, label: true };
  return undefined;
}

/** The value of a gold that sets one variable or names one thing: x = 5, f(x) = x². */
export function assignedValue(gold: Value & { k: 'equation' }): Quantity | undefined {
  const assigned = assignment(gold);
  if (assigned === undefined) return chainValue(gold);
  const isFunction = gold.label && /[(]|^(?:angle|overline)/.test(assigned.name);
  return isFunction || !hasVariable(assigned.value.node) ? assigned.value : undefined;
}

/** What an equation says where the gold is bare: the right side of a name, the end of a chain of numbers. */
export function bareOf(pred: Value & { k: 'equation' }): Quantity | undefined {
  if (!rule('right-side')) return undefined;
  return assignment(pred)?.value ?? chainValue(pred);
}
function chainValue(equation: Value & { k: 'equation' }): Quantity | undefined {
  const last = equation.sides.at(-1);
  const before = equation.sides.slice(0, -1);
  if (last === undefined || !rule('chain-end')) return undefined;
  const numbers = before.every((side) => !hasVariable(side.node));
  const same = before.every((side) => equalNodes(side.node, last.node, 6) === 'equal');
  return numbers || same ? last : undefined;
}

/** A list in which all name the same variable, against one without names: the values. Undefined if the names are needed. */
export function withoutName(items: readonly Value[], others: readonly Value[]): readonly Value[] | undefined {
  if (others.some((one) => one.k === 'equation') || !items.some((one) => one.k === 'equation')) return items;
  const parts = items.map((one) => (one.k === 'equation' ? assignment(one) : undefined));
  const names = new Set(parts.map((part) => part?.name));
  if (names.size !== 1 || names.has(undefined) || !rule('one-name')) return undefined;
  return parts.flatMap((part) => (part === undefined ? [] : [part.value]));
}
