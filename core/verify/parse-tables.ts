/** Names of functions, constants and decorations. */
import type { Fn, Node } from './node.js';

export const FUNCTIONS: Readonly<Record<string, Fn>> = {
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  cot: 'cot',
  sec: 'sec',
  csc: 'csc',
  arcsin: 'arcsin',
  arccos: 'arccos',
  arctan: 'arctan',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  ln: 'ln',
  exp: 'exp',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  tg: 'tan',
  ctg: 'cot',
};
export const INVERSE: Partial<Record<Fn, Fn>> = { sin: 'arcsin', cos: 'arccos', tan: 'arctan' };
export const GREEK_WORD = /^(?:alpha|beta|gamma|delta|epsilon|theta|lambda|mu|rho|sigma|tau|phi|omega|psi)$/;
export const DECORATIONS = new Set(
  'overline bar vec hat widehat tilde overrightarrow dot overarc overset mathscr'.split(' '),
);
export const CONSTANTS: Readonly<Record<string, Node>> = {
  pi: { k: 'const', name: 'pi' },
  e: { k: 'const', name: 'e' },
  i: { k: 'const', name: 'i' },
  infty: { k: 'const', name: 'inf' },
  infinity: { k: 'const', name: 'inf' },
  inf: { k: 'const', name: 'inf' },
};
