/** Names of the variables in a value. */
import { variables } from './node.js';
import type { Value } from './value.js';

export function variablesOf(value: Value, into: Set<string> = new Set()): Set<string> {
  switch (value.k) {
    case 'quantity':
      return variables(value.node, into);
    case 'many':
    case 'tuple':
      for (const item of value.items) variablesOf(item, into);
      return into;
    case 'equation':
      for (const side of value.sides) variables(side.node, into);
      return into;
    case 'chain':
      for (const side of value.sides) variables(side, into);
      return into;
    case 'matrix':
      for (const row of value.rows) for (const cell of row) variables(cell, into);
      return into;
    case 'ratio':
      for (const part of value.parts) variables(part, into);
      return into;
    case 'region':
    case 'compound':
      return into;
  }
}
