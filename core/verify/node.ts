/** Expressions as the parser makes them and the evaluators read them. Sums and products are flat, so depth is nesting only. */
import type { Rational } from './rational.js';

export type Constant = 'pi' | 'e' | 'i' | 'inf';
export type Fn =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'cot'
  | 'sec'
  | 'csc'
  | 'arcsin'
  | 'arccos'
  | 'arctan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'ln'
  | 'exp'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'fact';

export type Node =
  /** `dec`: written as a decimal, so compared after rounding. */
  | { readonly k: 'num'; readonly q: Rational; readonly dec: boolean }
  | { readonly k: 'sym'; readonly name: string }
  | { readonly k: 'const'; readonly name: Constant }
  | { readonly k: 'add'; readonly xs: readonly Node[] }
  | { readonly k: 'mul'; readonly xs: readonly Node[] }
  | { readonly k: 'neg'; readonly x: Node }
  | { readonly k: 'div'; readonly a: Node; readonly b: Node }
  | { readonly k: 'pow'; readonly a: Node; readonly b: Node }
  | { readonly k: 'root'; readonly x: Node; readonly degree: number }
  | { readonly k: 'log'; readonly x: Node; readonly base: Node }
  | { readonly k: 'binom'; readonly a: Node; readonly b: Node }
  | { readonly k: 'fn'; readonly name: Fn; readonly x: Node }
  /** ±x, or ∓x with sign -1. */
  | { readonly k: 'pm'; readonly x: Node; readonly sign: 1 | -1 }
  /** x degrees: only inside a trigonometric function does it scale. */
  | { readonly k: 'deg'; readonly x: Node }
  /** A numeral in a base of its own. */
  | { readonly k: 'based'; readonly digits: string; readonly base: string };

export const num = (n: bigint | number, d: bigint | number = 1): Node => ({
  k: 'num',
  q: { n: BigInt(n), d: BigInt(d) },
  dec: false,
});

export function children(node: Node): readonly Node[] {
  switch (node.k) {
    case 'add':
    case 'mul':
      return node.xs;
    case 'neg':
    case 'root':
    case 'fn':
    case 'pm':
    case 'deg':
      return [node.x];
    case 'div':
    case 'pow':
    case 'binom':
      return [node.a, node.b];
    case 'log':
      return [node.x, node.base];
    case 'num':
    case 'sym':
    case 'const':
    case 'based':
      return [];
  }
}

export function some(node: Node, test: (one: Node) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}

export function map(node: Node, change: (one: Node) => Node | undefined): Node {
  const changed = change(node);
  if (changed !== undefined) return changed;
  const inner = (x: Node): Node => map(x, change);
  switch (node.k) {
    case 'add':
    case 'mul':
      return { ...node, xs: node.xs.map(inner) };
    case 'neg':
    case 'root':
    case 'fn':
    case 'pm':
    case 'deg':
      return { ...node, x: inner(node.x) };
    case 'div':
    case 'pow':
    case 'binom':
      return { ...node, a: inner(node.a), b: inner(node.b) };
    case 'log':
      return { ...node, x: inner(node.x), base: inner(node.base) };
    case 'num':
    case 'sym':
    case 'const':
    case 'based':
      return node;
  }
}

/** Names of the variables, in order of first appearance. */
export function variables(node: Node, into: Set<string> = new Set()): Set<string> {
  if (node.k === 'sym') into.add(node.name);
  for (const child of children(node)) variables(child, into);
  return into;
}

export const hasDecimal = (node: Node): boolean => some(node, (one) => one.k === 'num' && one.dec);
export const hasConstant = (node: Node, name: Constant): boolean =>
  some(node, (one) => one.k === 'const' && one.name === name);
export const hasVariable = (node: Node): boolean => some(node, (one) => one.k === 'sym');

/** Both values of an expression with ±; the expression alone without. */
export function bothSigns(node: Node): readonly Node[] {
  if (!some(node, (one) => one.k === 'pm')) return [node];
  return ([1, -1] as const).map((side) => map(node, (one) => (one.k === 'pm' ? signed(one, side) : undefined)));
}
function signed(node: Node & { k: 'pm' }, side: 1 | -1): Node {
  const inner = bothSigns(node.x)[side === 1 ? 0 : 1] ?? node.x;
  return node.sign * side === 1 ? inner : { k: 'neg', x: inner };
}

/** The same expression as written, whatever its value. */
export function sameTree(a: Node, b: Node): boolean {
  if (a.k !== b.k) return false;
  if (a.k === 'num' && b.k === 'num') return a.q.n * b.q.d === b.q.n * a.q.d;
  if ((a.k === 'sym' && b.k === 'sym') || (a.k === 'const' && b.k === 'const')) return a.name === b.name;
  if (a.k === 'fn' && b.k === 'fn' && a.name !== b.name) return false;
  if (a.k === 'root' && b.k === 'root' && a.degree !== b.degree) return false;
  if (a.k === 'pm' && b.k === 'pm' && a.sign !== b.sign) return false;
  if (a.k === 'based' || b.k === 'based') return false;
  const [inner, other] = [children(a), children(b)];
  return inner.length === other.length && inner.every((one, i) => sameTree(one, other[i] ?? one));
}
