/** Is what the response gives what the gold asks for? Two values, by their shapes; their numbers are equal.ts's. */
import { burn } from './bounds.js';
import { type Equality, equalNodes, proportional } from './equal.js';
import { type Node, num } from './node.js';
import { equalRegions } from './region.js';
import { rule } from './rules.js';
import type { VerifySettings } from './settings.js';
import { compatible, MONEY } from './units.js';
import type { Quantity, Value } from './value.js';
import { byPosition } from './by-position.js';
import { alikeRegions } from './alike-regions.js';
import { TURNED } from './chains.js';
import { assignedValue, assignment, bareOf, difference, withoutName, zeroForm } from './equations.js';
import { regionOf } from './value-regions.js';

/** `several`: the response gives different values where the gold is one. */
export type Alike = Equality | 'several';

export function alike(gold: Value, pred: Value, settings: VerifySettings): Alike {
  burn(2);
  const [g, p] = settings.strict ? [gold, pred] : byPosition(gold, pred);
  return new Comparison(settings).values(g, p);
}

class Comparison {
  constructor(private readonly settings: VerifySettings) {}

  private nodes(a: Node, b: Node): Equality {
    return equalNodes(a, b, this.settings.rounding);
  }

  values(gold: Value, pred: Value): Alike {
    burn(1);
    if (pred.k === 'many' && gold.k !== 'many') return this.oneAgainstMany(gold, pred);
    if (gold.k === 'many') return this.many(gold, pred);
    const byRegion = alikeRegions(gold, pred, this.settings.rounding);
    if (byRegion !== undefined) return byRegion;
    switch (gold.k) {
      case 'quantity':
        return this.quantityAgainst(gold, pred);
      case 'equation':
        return this.equationAgainst(gold, pred);
      case 'tuple':
        return this.tupleAgainst(gold, pred);
      case 'matrix':
        return this.matrixAgainst(gold.rows, pred);
      case 'chain':
        return pred.k === 'chain' ? this.chains(gold, pred) : 'unknown';
      case 'ratio':
        return this.ratioAgainst(gold, pred);
      case 'compound':
        return this.compoundAgainst(gold, pred);
      case 'region':
        return 'unknown';
    }
  }

  private quantityAgainst(gold: Quantity, pred: Value): Alike {
    if (pred.k === 'quantity') return this.quantities(gold, pred);
    if (pred.k === 'equation') {
      const bare = bareOf(pred);
      return bare === undefined ? 'unknown' : this.quantities(gold, bare);
    }
    if (pred.k === 'ratio' && pred.parts.length === 2 && pred.time === undefined)
      return this.ratioAsFraction(pred.parts, gold.node);
    return pred.k === 'compound' || pred.k === 'region' ? 'different' : 'unknown';
  }

  quantities(gold: Quantity, pred: Quantity): Equality {
    const units = this.units(gold, pred);
    if (!units) return 'different';
    if (gold.percent === pred.percent) return this.nodes(gold.node, pred.node);
    const scaled = (quantity: Quantity): Node =>
      quantity.percent ? { k: 'div', a: quantity.node, b: num(100) } : quantity.node;
    const { percent } = this.settings;
    const numeral = percent === 'value' ? 'different' : this.nodes(gold.node, pred.node);
    if (numeral === 'equal' || percent === 'numeral' || !rule('percent-value')) return numeral;
    return this.nodes(scaled(gold), scaled(pred));
  }

  private units(gold: Quantity, pred: Quantity): boolean {
    const { unit: policy } = this.settings;
    if (policy === 'ignore' || !rule('unit-conflict')) return true;
    const [g, p] = [gold.unit, pred.unit];
    // A % beside a unit is a conflict.
    if ((gold.percent && p !== null && !p.counted) || (pred.percent && g !== null && !g.counted)) return false;
    if (g === null || p === null) return policy !== 'required' || g === null || g.counted || g.key === 'u';
    // With a bare number and a symbol that both could be: cents and dollars differ, a bare degree is any degree.
    if (MONEY.has(g.key) !== MONEY.has(p.key) && (g.counted || p.counted)) return true;
    return compatible(g, p);
  }

  private equationAgainst(gold: Value & { k: 'equation' }, pred: Value): Alike {
    const value = assignedValue(gold);
    if (pred.k === 'quantity') return value === undefined ? 'unknown' : this.quantities(value, pred);
    if (pred.k === 'ratio' && value !== undefined) return this.quantityAgainst(value, pred);
    if (pred.k !== 'equation') return 'unknown';
    return this.equations(gold, pred);
  }
  private equations(gold: Value & { k: 'equation' }, pred: Value & { k: 'equation' }): Equality {
    const [g, p] = [assignment(gold), assignment(pred)];
    if (g !== undefined && p !== undefined && g.name === p.name) {
      const said = this.quantities(g.value, p.value);
      if (said === 'equal') return said;
    }
    if (g !== undefined && p !== undefined && g.name !== p.name && g.label && p.label) return 'different';
    const [f, h] = [zeroForm(gold), zeroForm(pred)];
    if (f === undefined || h === undefined) return 'unknown';
    return proportional(f, h) !== 0 ? 'equal' : 'different';
  }

  private chains(gold: Value & { k: 'chain' }, pred: Value & { k: 'chain' }): Equality {
    if (gold.ops.length !== pred.ops.length) return 'different';
    const turned = {
      sides: [...pred.sides].reverse(),
      ops: [...pred.ops].reverse().map((op) => TURNED[op]),
    };
    for (const { sides, ops } of [pred, turned]) {
      const sameOps = ops.every((op, i) => op === gold.ops[i]);
      if (sameOps && sides.every((side, i) => this.nodes(gold.sides[i] ?? side, side) === 'equal')) return 'equal';
    }
    if (gold.ops.length !== 1 || !rule('scaled-inequality')) return 'different';
    const [f, h] = [difference(gold.sides), difference(pred.sides)];
    const [op, other] = [gold.ops[0], pred.ops[0]];
    if (f === undefined || h === undefined || op === undefined || other === undefined) return 'unknown';
    const sign = proportional(f, h);
    if (sign === 0) return 'different';
    return (sign > 0 ? other : TURNED[other]) === op ? 'equal' : 'different';
  }

  private tupleAgainst(gold: Value & { k: 'tuple' }, pred: Value): Alike {
    if (pred.k === 'matrix') return this.flatMatrix(pred.rows, gold.items);
    if (pred.k !== 'tuple') return pred.k === 'quantity' ? 'different' : 'unknown';
    const interval = (value: Value & { k: 'tuple' }): string =>
      value.items.length === 2 ? value.open + value.close : '';
    if (gold.items.length !== pred.items.length || interval(gold) !== interval(pred)) return 'different';
    return this.inOrder(gold.items, pred.items);
  }
  private inOrder(gold: readonly Value[], pred: readonly Value[]): Alike {
    if (gold.length !== pred.length) return 'different';
    for (const [i, one] of gold.entries()) {
      const other = pred[i];
      if (other === undefined || this.values(one, other) !== 'equal') return 'different';
    }
    return 'equal';
  }

  private matrixAgainst(rows: readonly (readonly Node[])[], pred: Value): Alike {
    if (pred.k === 'tuple') return this.flatMatrix(rows, pred.items);
    if (pred.k !== 'matrix') return 'unknown';
    if (rows.length !== pred.rows.length) return 'different';
    for (const [i, row] of rows.entries()) {
      const other = pred.rows[i] ?? [];
      if (row.length !== other.length) return 'different';
      for (const [j, cell] of row.entries()) {
        const there = other[j];
        if (there === undefined || this.nodes(cell, there) !== 'equal') return 'different';
      }
    }
    return 'equal';
  }
  /** A column or a row is a vector. */
  private flatMatrix(rows: readonly (readonly Node[])[], items: readonly Value[]): Alike {
    if (!(rows.length === 1 || rows.every((row) => row.length === 1)) || !rule('vectors')) return 'different';
    const cells = rows.flat().map((node): Quantity => ({ k: 'quantity', node, unit: null, percent: false }));
    return this.inOrder(cells, items);
  }

  private ratioAgainst(gold: Value & { k: 'ratio' }, pred: Value): Alike {
    if (pred.k === 'ratio') {
      const [t, u] = [gold.time, pred.time];
      if (t !== undefined && u !== undefined) {
        if (t.half === undefined || u.half === undefined)
          return t.seconds % 43_200 === u.seconds % 43_200 ? 'equal' : 'different';
        return t.seconds === u.seconds ? 'equal' : 'different';
      }
      if (gold.parts.length !== pred.parts.length) return 'different';
      const [g0, p0] = [gold.parts[0], pred.parts[0]];
      if (g0 === undefined || p0 === undefined) return 'unknown';
      const cross = (i: number): boolean => {
        const [g, p] = [gold.parts[i], pred.parts[i]];
        return (
          g !== undefined &&
          p !== undefined &&
          this.nodes({ k: 'mul', xs: [g, p0] }, { k: 'mul', xs: [p, g0] }) === 'equal'
        );
      };
      return gold.parts.every((_, i) => cross(i)) ? 'equal' : 'different';
    }
    if (gold.time !== undefined || gold.parts.length !== 2) return 'unknown';
    if (pred.k === 'equation') {
      const bare = bareOf(pred);
      return bare === undefined ? 'unknown' : this.ratioAsFraction(gold.parts, bare.node);
    }
    return pred.k === 'quantity' ? this.ratioAsFraction(gold.parts, pred.node) : 'unknown';
  }
  private ratioAsFraction(parts: readonly Node[], value: Node): Equality {
    const [a, b] = parts;
    return a === undefined || b === undefined ? 'unknown' : this.nodes({ k: 'div', a, b }, value);
  }

  private compoundAgainst(gold: Value & { k: 'compound' }, pred: Value): Alike {
    if (pred.k !== 'compound') return pred.k === 'quantity' ? 'different' : 'unknown';
    if (gold.parts.length !== pred.parts.length) return 'different';
    return gold.parts.every((part, i) => {
      const other = pred.parts[i];
      return other !== undefined && this.quantities(part, other) === 'equal';
    })
      ? 'equal'
      : 'different';
  }

  private oneAgainstMany(gold: Value, pred: Value & { k: 'many' }): Alike {
    const last = pred.items.at(-1);
    if (last === undefined) return 'different';
    if (gold.k === 'tuple' || gold.k === 'matrix') {
      const items = gold.k === 'tuple' ? gold.items : [];
      if (!this.settings.strict && gold.k === 'tuple') return this.sameMembers(items, pred.items);
      if (pred.how === 'comma' && rule('open-tuple')) return this.inOrder(items, pred.items);
      return 'different';
    }
    const said = pred.items.map((item) => this.values(gold, item));
    if (said.every((one) => one === 'equal')) return 'equal';
    if (pred.how === 'set' || pred.how === 'pm') return 'different';
    if (this.settings.hedge === 'last') return this.values(gold, last);
    const [first] = pred.items;
    const agree = first !== undefined && pred.items.every((item) => this.values(first, item) === 'equal');
    return agree ? 'different' : 'several';
  }

  private many(gold: Value & { k: 'many' }, pred: Value): Alike {
    if (pred.k === 'region') {
      const region = regionOf({ ...gold, how: 'set' });
      return region !== null && equalRegions(region, pred.region, this.settings.rounding) ? 'equal' : 'different';
    }
    if (pred.k === 'tuple') {
      if (!this.settings.strict) return this.sameMembers(gold.items, pred.items);
      return gold.how === 'comma' && rule('open-tuple') ? this.inOrder(gold.items, pred.items) : 'different';
    }
    const items = pred.k === 'many' ? pred.items : [pred];
    const [g, p] = [withoutName(gold.items, items), withoutName(items, gold.items)];
    return g === undefined || p === undefined ? 'different' : this.sameMembers(g, p);
  }
  private sameMembers(gold: readonly Value[], pred: readonly Value[]): Alike {
    const within = (some: readonly Value[], all: readonly Value[], turn: boolean): boolean =>
      some.every((one) => all.some((other) => (turn ? this.values(other, one) : this.values(one, other)) === 'equal'));
    return within(gold, pred, false) && within(pred, gold, true) ? 'equal' : 'different';
  }
}
