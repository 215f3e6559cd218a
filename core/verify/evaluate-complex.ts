/** Values as complex doubles, for expressions with i. */
import { burn } from './bounds.js';
import { type Point, real } from './evaluate-real.js';
import type { Node } from './node.js';

export type Complex = readonly [re: number, im: number];
const NOWHERE: Complex = [NaN, NaN];

export function complex(node: Node, at: Point): Complex {
  burn(2);
  const go = (one: Node): Complex => complex(one, at);
  switch (node.k) {
    case 'const':
      return node.name === 'i' ? [0, 1] : [real(node, at), 0];
    case 'add':
      return node.xs.map(go).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'mul':
      return node.xs.map(go).reduce(times, [1, 0]);
    case 'neg':
      return times([-1, 0], go(node.x));
    case 'div':
      return times(go(node.a), inverse(go(node.b)));
    case 'pow':
      return power(go(node.a), go(node.b));
    case 'root':
      return power(go(node.x), [1 / node.degree, 0]);
    case 'deg':
      return go(node.x);
    case 'fn': {
      const x = go(node.x);
      if (node.name === 'exp') return exponential(x);
      if (node.name === 'abs') return [Math.hypot(...x), 0];
      return x[1] === 0 ? [real(node, at), 0] : NOWHERE;
    }
    case 'num':
    case 'sym':
    case 'log':
    case 'binom':
    case 'pm':
    case 'based':
      return [real(node, at), 0];
  }
}
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const inverse = ([a, b]: Complex): Complex => [a / (a * a + b * b), -b / (a * a + b * b)];
const exponential = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
function power(a: Complex, b: Complex): Complex {
  if (a[0] === 0 && a[1] === 0) return b[0] > 0 ? [0, 0] : NOWHERE;
  const size = Math.hypot(...a);
  return exponential(times([Math.log(size), Math.atan2(a[1], a[0])], b));
}
