/** Degrees of angle and of temperature: a unit of the whole, unless they stand inside sin, cos, … */
import type { Node } from './node.js';
import type { Token } from './tokens.js';

export const DEGREE: Token = { t: 'op', v: 'deg', sp: false, tx: false };

const isTrig = (node: Node): boolean => node.k === 'fn' && /^(?:sin|cos|tan|cot|sec|csc)$/.test(node.name);
export function hasDegrees(node: Node): boolean {
  if (isTrig(node)) return false;
  if (node.k === 'deg') return true;
  switch (node.k) {
    case 'add':
    case 'mul':
      return node.xs.some(hasDegrees);
    case 'neg':
    case 'pm':
      return hasDegrees(node.x);
    case 'div':
      return hasDegrees(node.a);
    default:
      return false;
  }
}
export function withoutDegrees(node: Node): Node {
  if (node.k === 'deg') return withoutDegrees(node.x);
  switch (node.k) {
    case 'add':
    case 'mul':
      return { ...node, xs: node.xs.map(withoutDegrees) };
    case 'neg':
    case 'pm':
      return { ...node, x: withoutDegrees(node.x) };
    case 'div':
      return { ...node, a: withoutDegrees(node.a) };
    default:
      return node;
  }
}
