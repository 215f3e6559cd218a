/** What an answer is: one quantity, several, a tuple, a set of reals, a matrix, an equation, an inequality, a ratio, a time. */
import { type Node, some } from './node.js';
import type * as R from './region.js';
import type { Unit } from './units.js';

export interface Quantity {
  readonly k: 'quantity';
  readonly node: Node;
  readonly unit: Unit | null;
  readonly percent: boolean;
}
export type Value =
  | Quantity
  | { readonly k: 'many'; readonly items: readonly Value[]; readonly how: 'or' | 'comma' | 'set' | 'pm' }
  | { readonly k: 'tuple'; readonly items: readonly Value[]; readonly open: string; readonly close: string }
  | { readonly k: 'region'; readonly region: R.Region; readonly name: string | undefined }
  | { readonly k: 'matrix'; readonly rows: readonly (readonly Node[])[] }
  /** `label`: what stands left is only the name of what stands right. */
  | { readonly k: 'equation'; readonly sides: readonly Quantity[]; readonly label: boolean }
  | { readonly k: 'chain'; readonly sides: readonly Node[]; readonly ops: readonly R.Relation[] }
  | { readonly k: 'ratio'; readonly parts: readonly Node[]; readonly time: Time | undefined }
  /** 2 hours 30 minutes */
  | { readonly k: 'compound'; readonly parts: readonly Quantity[] };

export interface Time {
  readonly seconds: number;
  readonly half: 'am' | 'pm' | undefined;
}

export const isLoneSymbol = (node: Node): node is Node & { k: 'sym' } => node.k === 'sym';

export const isInfinite = (value: Value): boolean =>
  value.k === 'quantity' && some(value.node, (one) => one.k === 'const' && one.name === 'inf');

export function flat(value: Value): readonly Value[] {
  return value.k === 'many' ? value.items.flatMap(flat) : [value];
}
