/**
 * From tokens to a value. The outer shape is found by splitting tokens at separators outside brackets; the expressions inside are
 * the parser's.
 */
import { BOUNDS, TooLarge } from './bounds.js';
import { combine } from './combine.js';
import { isName } from './computed-names.js';
import { DEGREE, hasDegrees, withoutDegrees } from './degrees.js';
import { withoutMoney } from './money.js';
import { bothSigns, type Node } from './node.js';
import { type Reading, UNREADABLE } from './parse-reading.js';
import { Parser } from './parse.js';
import * as R from './region.js';
import { rule } from './rules.js';
import { compoundParts, timeOf } from './times.js';
import { closes, depthOf, isOp, split, type Tokens, trimmed } from './token-spans.js';
import { type Token, tokenize } from './tokens.js';
import { HEDGES, isListMark, isPercent, isRelation, isSetMark, isWord } from './marks.js';
import { readUnit, type Unit } from './units.js';
import { flat, isInfinite, type Quantity, type Value } from './value.js';
import { regionOf, setAlgebra } from './value-regions.js';
import { numerals } from './words.js';

/** @throws UNREADABLE, TooLarge */
export function readValue(text: string, reading: Reading = {}): Value {
  return new Reader(reading).answer(trimmed(numerals(tokenize(text))));
}

const ALL_REALS = /^(?:all|any)(?: the)? reals?(?: numbers?)?$/i;

class Reader {
  private depth = 0;
  constructor(private readonly reading: Reading) {}

  answer(tokens: Tokens): Value {
    if (tokens.length === 0) throw UNREADABLE;
    if (++this.depth > BOUNDS.depth) throw new TooLarge('nested too deeply');
    const value = this.list(isWord(tokens[0], HEDGES) ? tokens.slice(1) : tokens);
    this.depth--;
    return value;
  }

  private list(tokens: Tokens): Value {
    const { pieces, marks } = split(tokens, isListMark);
    if (marks.length === 0) return this.relation(tokens);
    const full = pieces.filter((piece) => piece.length > 0);
    const items = full.map((piece) => this.relation(piece));
    const how = marks.some((mark) => mark.v === 'or') ? 'or' : 'comma';
    return combine(items, how);
  }

  private relation(tokens: Tokens): Value {
    const { pieces, marks } = split(tokens, isRelation);
    if (marks.length === 0) return this.sets(tokens);
    if (marks.some((mark) => mark.v === 'in')) return this.member(pieces, marks);
    if (marks.every((mark) => mark.v === '=' || mark.v === '~')) return this.equation(pieces, marks);
    const sides = pieces.map((piece) => this.node(piece));
    const ops = marks.map((mark) => (mark.v === '~' ? '=' : mark.v) as R.Relation);
    return { k: 'chain', sides, ops };
  }
  private node(tokens: Tokens): Node {
    return this.quantity(tokens).node;
  }

  /** x ∈ S says what S says. */
  private member(pieces: readonly Tokens[], marks: readonly Token[]): Value {
    const [left, right] = [pieces[0], pieces.at(-1)];
    if (marks.length !== 1 || left === undefined || right === undefined || !rule('membership')) throw UNREADABLE;
    const value = this.answer(right);
    const region = regionOf(value);
    return region === null ? value : { k: 'region', region, name: left.length === 1 ? left[0]?.v : undefined };
  }

  private equation(pieces: readonly Tokens[], marks: readonly Token[]): Value {
    // What follows ≈ is a rounded form of what precedes it, unless that is only a name.
    let sides = [...pieces];
    const rounded = marks.findIndex((mark) => mark.v === '~');
    if (rounded >= 0 && rule('approximately')) {
      const before = pieces.slice(0, rounded + 1);
      const last = before.at(-1) ?? [];
      sides = last.length > 0 && !isName(last) ? before : pieces.slice(0, rounded + 2);
    }
    while (sides.length > 1 && sides[0]?.length === 0) sides.shift();
    const end = sides.pop();
    if (end === undefined || end.length === 0) throw UNREADABLE;
    const right = this.sets(end);
    if (sides.length === 0) return right;
    // The name of a point, a set or a matrix is not compared.
    if (right.k !== 'quantity') {
      if (!rule('labels')) throw UNREADABLE;
      return right;
    }
    const left: Quantity[] = [];
    for (const side of sides) {
      if (isName(side) && side.length > 1) {
        left.push({
          k: 'quantity',
          node: { k: 'sym', name: side.map((one) => one.v).join('') },
          unit: null,
          percent: false,
        });
        continue;
      }
      const value = this.sets(side);
      if (value.k !== 'quantity') throw UNREADABLE;
      left.push(value);
    }
    return { k: 'equation', sides: [...left, right], label: isName(sides[0] ?? []) };
  }

  private sets(tokens: Tokens): Value {
    const { pieces, marks } = split(tokens, isSetMark);
    if (marks.length === 0) return this.bracketed(tokens);
    const values = pieces.map((piece) => this.answer(piece));
    let total = values[0];
    for (const [i, mark] of marks.entries()) {
      const next = values[i + 1];
      if (total === undefined || next === undefined) throw UNREADABLE;
      total = setAlgebra(total, mark.v, next);
    }
    if (total === undefined) throw UNREADABLE;
    return total;
  }

  private bracketed(tokens: Tokens): Value {
    const [first] = tokens;
    const last = tokens.at(-1);
    if (first?.t === 'word' && ALL_REALS.test(tokens.map((one) => one.v).join(' ')) && rule('all-reals'))
      return { k: 'region', region: R.LINE, name: undefined };
    if (first?.t === 'cmd' && tokens.length === 1) {
      if (first.v === 'emptyset' || first.v === 'varnothing') return { k: 'many', items: [], how: 'set' };
      if (first.v === 'set:R') return { k: 'region', region: R.LINE, name: undefined };
    }
    if (first?.t === 'open' && last?.t === 'close' && closes(tokens)) {
      const inner = tokens.slice(1, -1);
      const value = this.inside(first.v, inner, last.v);
      if (value !== undefined) return value;
    }
    // A forgotten bracket at the end.
    if (first?.t === 'open' && (first.v === '(' || first.v === '[') && !closes(tokens) && depthOf(tokens) === 1)
      return this.bracketed([...tokens, { t: 'close', v: first.v === '(' ? ')' : ']', sp: false, tx: false }]);
    // P(3,4): the name of a point.
    if (
      first?.t === 'sym' &&
      /^[A-Z]$/.test(first.v) &&
      tokens[1]?.v === '(' &&
      closes(tokens.slice(1)) &&
      rule('labels')
    ) {
      const inner = tokens.slice(2, -1);
      if (split(inner, isListMark).marks.length > 0) return this.bracketed(tokens.slice(1));
    }
    return this.ratio(tokens) ?? this.quantities(tokens);
  }

  private inside(open: string, inner: Tokens, close: string): Value | undefined {
    if (open.startsWith('env:')) return this.matrix(open.slice(4), inner);
    if (open === 'set') return this.set(inner);
    if (open === '{') return this.answer(inner);
    const { marks } = split(inner, isListMark);
    if (open === '[' || open === '(') {
      const [only] = inner;
      if (only?.t === 'open' && only.v.startsWith('env:') && closes(inner)) return this.answer(inner);
    }
    if (marks.length > 0 && marks.every((mark) => mark.v === ',' || mark.v === ';')) {
      // With semicolons, commas stay inside the members.
      const items = this.members(inner);
      if (open === '<') return { k: 'tuple', items, open: '(', close: ')' };
      const tuple: Value = { k: 'tuple', items, open, close };
      const [lo, hi] = items;
      const isInterval = items.length === 2 && (open !== '(' || close !== ')' || items.some(isInfinite));
      if (isInterval && lo?.k === 'quantity' && hi?.k === 'quantity') {
        const region = R.interval(lo.node, hi.node, open === '[', close === ']');
        if (region !== null) return { k: 'region', region, name: undefined };
      }
      return tuple;
    }
    if (open === '(' || open === '[') {
      if (marks.length > 0 || inner.some((token) => isRelation(token))) return this.answer(inner);
      if (inner.length > 0 && inner.every((token) => token.t === 'word')) return this.answer(inner);
    }
    return undefined;
  }
  private members(tokens: Tokens): Value[] {
    return split(tokens, isListMark)
      .pieces.filter((piece) => piece.length > 0)
      .map((piece) => this.relation(piece));
  }

  private set(inner: Tokens): Value {
    if (inner.length === 0) return { k: 'many', items: [], how: 'set' };
    // { x | x > 3 }
    const builder = split(inner, (token) => isOp(token, '|') || isOp(token, ':'));
    const [head, condition] = builder.pieces;
    if (builder.marks.length === 1 && head && condition && rule('set-builder')) {
      const value = this.answer(condition);
      const region = regionOf(value);
      return region === null ? value : { k: 'region', region, name: undefined };
    }
    const items = this.members(inner);
    return { k: 'many', items: items.flatMap(flat), how: 'set' };
  }

  private matrix(env: string, inner: Tokens): Value {
    if (!/matrix|array/.test(env)) throw UNREADABLE;
    const rows = split(inner, (token) => isOp(token, '\\\\')).pieces.filter((row) => row.length > 0);
    const cells = rows.map((row) => split(row, (token) => isOp(token, '&')).pieces.map((cell) => this.node(cell)));
    if (cells.length * (cells[0]?.length ?? 0) > BOUNDS.items) throw new TooLarge('matrix too large');
    return { k: 'matrix', rows: cells };
  }

  private ratio(tokens: Tokens): Value | undefined {
    const colon = split(tokens, (token) => isOp(token, ':'));
    const { pieces, marks } =
      colon.marks.length > 0 ? colon : split(tokens, (token) => token.t === 'word' && token.v.toLowerCase() === 'to');
    if (marks.length === 0 || pieces.some((piece) => piece.length === 0)) return undefined;
    const time = timeOf(tokens);
    const plain = time?.half === undefined ? pieces : pieces.map((piece) => piece.filter((token) => token.t === 'num'));
    return { k: 'ratio', parts: plain.map((piece) => this.node(piece)), time };
  }

  private quantities(tokens: Tokens): Value {
    const parts = compoundParts(tokens);
    if (parts.length > 1) return { k: 'compound', parts: parts.map((part) => this.quantity(part)) };
    const whole = this.quantity(tokens);
    const values = bothSigns(whole.node);
    if (values.length === 1) return whole;
    return { k: 'many', items: values.map((node) => ({ ...whole, node })), how: 'pm' };
  }

  private quantity(tokens: Tokens): Quantity {
    const { rest, money } = withoutMoney(tokens);
    const { node, end } = new Parser([...rest], this.reading).start();
    const behind = rest.slice(end);
    let percent = false;
    let unit: Unit | null = money === undefined ? null : { key: money, counted: false };
    const degrees = rule('degrees') && hasDegrees(node);
    if (degrees) unit = { key: 'deg', counted: false };
    if (behind.length > 0) {
      const mark = behind[0];
      if (mark !== undefined && isPercent(mark)) {
        percent = true;
        if (behind.slice(1).some((token) => token.t !== 'word')) throw UNREADABLE;
      } else {
        const read = readUnit(degrees ? [DEGREE, ...behind] : behind);
        if (read === null) throw UNREADABLE;
        unit = money !== undefined && (read.counted || read.key === money || read.key === 'usd') ? unit : read;
      }
    }
    return { k: 'quantity', node: degrees ? withoutDegrees(node) : node, unit, percent };
  }
}
