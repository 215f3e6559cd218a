/**
 * What an answer is: one quantity, several, a tuple, a set of reals, a matrix, an equation, an inequality, a ratio, a time. The
 * outer shape is found here by splitting tokens at separators outside brackets; the expressions inside are the parser's.
 */
import { BOUNDS, TooLarge } from './bounds.js';
import { bothSigns, type Node, some, variables } from './node.js';
import { Parser, type Reading, UNREADABLE } from './parse.js';
import * as R from './region.js';
import { rule } from './rules.js';
import { type Token, tokenize } from './tokens.js';
import { MONEY, readUnit, type Unit, unitOf } from './units.js';
import { numerals } from './words.js';

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

type Tokens = readonly Token[];
const isOp = (token: Token | undefined, v: string): boolean => token?.t === 'op' && token.v === v;

/** @throws UNREADABLE, TooLarge */
export function readValue(text: string, reading: Reading = {}): Value {
  return new Reader(reading).answer(trimmed(numerals(tokenize(text))));
}

function trimmed(tokens: Tokens): Tokens {
  let end = tokens.length;
  while (end > 0 && [',', '.', ';', ':', '\\\\'].some((v) => isOp(tokens[end - 1], v))) end--;
  let start = 0;
  while (start < end && (isOp(tokens[start], ':') || isOp(tokens[start], ','))) start++;
  return start === 0 && end === tokens.length ? tokens : tokens.slice(start, end);
}

/** The pieces between the separators that stand outside all brackets, and the separators. */
function split(tokens: Tokens, isSeparator: (token: Token) => boolean): { pieces: Tokens[]; marks: Token[] } {
  const pieces: Tokens[] = [];
  const marks: Token[] = [];
  let depth = 0;
  let from = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.t === 'open') depth++;
    else if (token.t === 'close') depth--;
    else if (depth === 0 && isSeparator(token)) {
      pieces.push(tokens.slice(from, i));
      marks.push(token);
      from = i + 1;
    }
  }
  if (marks.length > BOUNDS.items) throw new TooLarge('too many members');
  pieces.push(tokens.slice(from));
  return { pieces, marks };
}

const RELATIONS = new Set(['=', '<', '>', '<=', '>=', '!=', '~', 'in']);
const isRelation = (token: Token): boolean => token.t === 'op' && RELATIONS.has(token.v);
const isListMark = (token: Token): boolean =>
  token.t === 'op' && (token.v === ',' || token.v === ';' || token.v === 'and' || token.v === 'or' || token.v === '&');
const isSetMark = (token: Token): boolean =>
  token.t === 'op' && (token.v === 'cup' || token.v === 'cap' || token.v === 'minus');
const HEDGES = new Set(['either', 'both']);
const isWord = (token: Token | undefined, words: ReadonlySet<string>): boolean =>
  token?.t === 'word' && words.has(token.v.toLowerCase());

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

const DEGREE: Token = { t: 'op', v: 'deg', sp: false, tx: false };
const isPercent = (token: Token): boolean =>
  isOp(token, '%') || (token.t === 'word' && /^(?:percent|pct|percents)$/i.test(token.v) && rule('percent-words'));

const isTrig = (node: Node): boolean => node.k === 'fn' && /^(?:sin|cos|tan|cot|sec|csc)$/.test(node.name);
function hasDegrees(node: Node): boolean {
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
function withoutDegrees(node: Node): Node {
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

/** Does the first bracket close with the last token? */
function closes(tokens: Tokens): boolean {
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.t === 'open') depth++;
    else if (token.t === 'close') depth--;
    if (depth === 0) return i === tokens.length - 1;
  }
  return false;
}
const depthOf = (tokens: Tokens): number =>
  tokens.reduce((depth, { t }) => depth + (t === 'open' ? 1 : t === 'close' ? -1 : 0), 0);

/** Names of what is computed: x, x_1, f(x), AB, \angle ABC, "Area". */
function isName(tokens: Tokens): boolean {
  const [first, second] = tokens;
  if (first === undefined) return false;
  const only = tokens.length === 1;
  if (tokens.every((token) => token.t === 'word' && (token.tx || token.v.length > 3))) return true;
  if (only) return first.t === 'sym' || (first.t === 'word' && (token2(first) || first.tx));
  if (first.t === 'sym' || first.t === 'word' || first.v === 'angle' || first.v === 'triangle') {
    if (first.v === 'm' && second?.v === 'angle') return true;
    if (first.v === 'angle' || first.v === 'triangle') return tokens.length <= 3;
    if (second?.v === '_' || second?.v === "'") return !tokens.some((token) => '+-*/=^'.includes(token.v));
    return second?.v === '(' && closes(tokens.slice(1)) && first.t === 'sym';
  }
  return (
    first.t === 'cmd' && /^(?:overline|vec|hat|bar|overrightarrow|widehat)$/.test(first.v) && closes(tokens.slice(1))
  );
}
/** Two capitals name a segment. */
const token2 = (token: Token): boolean => /^[A-Z]{2,3}$/.test(token.v) || token.v.length > 3;

export const isLoneSymbol = (node: Node): node is Node & { k: 'sym' } => node.k === 'sym';

const isInfinite = (value: Value): boolean =>
  value.k === 'quantity' && some(value.node, (one) => one.k === 'const' && one.name === 'inf');

function timeOf(tokens: Tokens): Time | undefined {
  const [h, , m] = tokens;
  if (!rule('times') || h?.t !== 'num' || m?.t !== 'num' || !/^\d{1,2}$/.test(h.v) || !/^[0-5]\d$/.test(m.v))
    return undefined;
  if (Number(h.v) > 24 || !isOp(tokens[1], ':')) return undefined;
  let at = 3;
  let seconds = Number(h.v) * 3600 + Number(m.v) * 60;
  const s = tokens[4];
  if (isOp(tokens[3], ':')) {
    if (s?.t !== 'num' || !/^[0-5]\d$/.test(s.v)) return undefined;
    seconds += Number(s.v);
    at = 5;
  }
  const behind = tokens
    .slice(at)
    .map((token) => token.v.toLowerCase())
    .join('')
    .replace(/\./g, '');
  if (behind !== '' && behind !== 'am' && behind !== 'pm') return undefined;
  const half = behind === '' ? undefined : behind;
  if (half === 'pm' && seconds < 12 * 3600) seconds += 12 * 3600;
  if (half === 'am' && seconds >= 12 * 3600) seconds -= 12 * 3600;
  return { seconds, half };
}

/** "2 hours 30 minutes" in its parts; one part for everything else. */
function compoundParts(tokens: Tokens): Tokens[] {
  const starts = [0];
  for (let i = 2; i < tokens.length; i++) {
    const before = tokens[i - 1];
    if (tokens[i]?.t === 'num' && before?.t === 'word' && unitOf(before.v) !== undefined && tokens[i - 2]?.t === 'num')
      starts.push(i);
  }
  if (starts.length === 1 || !rule('compound')) return [tokens];
  return starts.map((start, i) => tokens.slice(start, starts[i + 1]));
}

const PREFIXES: Readonly<Record<string, string>> = {
  USD: 'usd',
  US: 'usd',
  EUR: 'eur',
  GBP: 'gbp',
  Rs: 'inr',
  RMB: 'cny',
  CNY: 'cny',
};
function withoutMoney(tokens: Tokens): { rest: Tokens; money: string | undefined } {
  const at = isOp(tokens[0], '-') ? 1 : 0;
  const first = tokens[at];
  if (first === undefined || !rule('money')) return { rest: tokens, money: undefined };
  const isPrefix = first.t === 'op' && MONEY.has(first.v);
  let money = isPrefix ? first.v : first.t === 'word' ? PREFIXES[first.v] : undefined;
  if (money === undefined || tokens.length <= at + 1) return { rest: tokens, money: undefined };
  let skip = at + 1;
  if (isOp(tokens[skip], 'usd') && !isPrefix) skip++;
  if (isOp(tokens[skip], 'usd')) money = undefined;
  return { rest: [...tokens.slice(0, at), ...tokens.slice(skip)], money };
}

function flat(value: Value): readonly Value[] {
  return value.k === 'many' ? value.items.flatMap(flat) : [value];
}

/** Members of a list; inequalities of one variable become one set of reals, hours and minutes one duration. */
function combine(items: readonly Value[], how: 'or' | 'comma'): Value {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return only;
  if (items.length === 0) throw UNREADABLE;
  if (items.every((one) => one.k === 'chain')) {
    const regions = items.map(regionOf);
    const names = new Set(items.flatMap((one) => (one.k === 'chain' ? [...chainNames(one.sides)] : [])));
    if (names.size === 1 && regions.every((one) => one !== null)) {
      const joined = regions.reduce(
        (a, b) => (how === 'or' ? R.union(a, b) : R.intersection(a, b)),
        how === 'or' ? [] : R.LINE,
      );
      const region = joined.length === 0 ? regions.reduce((a, b) => R.union(a, b), []) : joined;
      return { k: 'region', region, name: [...names][0] };
    }
  }
  if (items.every((one) => one.k === 'region') && how === 'or')
    return { k: 'region', region: items.reduce<R.Region>((all, one) => R.union(all, one.region), []), name: undefined };
  const quantities = items.filter((one) => one.k === 'quantity');
  const units = quantities.map((one) => one.unit?.key);
  const apart = new Set(units).size === units.length && !units.includes(undefined);
  if (
    quantities.length === items.length &&
    apart &&
    how === 'comma' &&
    quantities.every((one) => one.unit?.counted === false)
  )
    return { k: 'compound', parts: quantities };
  return { k: 'many', items: named(items).flatMap(flat), how };
}
const chainNames = (sides: readonly Node[]): Set<string> =>
  sides.reduce((names, side) => variables(side, names), new Set<string>());

/** n = 2, 3, 4 gives its name to all. */
function named(items: readonly Value[]): readonly Value[] {
  const [first, ...rest] = items;
  if (first?.k !== 'equation' || first.sides.length !== 2 || rest.some((one) => one.k !== 'quantity')) return items;
  const left = first.sides[0];
  if (left === undefined || !isLoneSymbol(left.node)) return items;
  return [
    first,
    ...rest.map((one): Value => (one.k === 'quantity' ? { k: 'equation', sides: [left, one], label: true } : one)),
  ];
}

/** The set of reals that a value is, if it is one. */
export function regionOf(value: Value): R.Region | null {
  switch (value.k) {
    case 'region':
      return value.region;
    case 'chain': {
      let region: R.Region = R.LINE;
      if (chainNames(value.sides).size !== 1) return null;
      for (const [i, op] of value.ops.entries()) {
        const [a, b] = [value.sides[i], value.sides[i + 1]];
        const part = a === undefined || b === undefined ? null : R.solve(a, op, b);
        if (part === null) return null;
        region = R.intersection(region, part);
      }
      // What holds nowhere is not read as a set: f(2) < f(1) < f(2).
      return region.length === 0 ? null : region;
    }
    case 'tuple': {
      const [lo, hi] = value.items;
      if (value.items.length !== 2 || lo?.k !== 'quantity' || hi?.k !== 'quantity') return null;
      return R.interval(lo.node, hi.node, value.open === '[', value.close === ']');
    }
    case 'many': {
      if (value.how !== 'set') return null;
      let region: R.Region = [];
      for (const item of value.items) {
        const part = item.k === 'quantity' ? R.point(item.node) : null;
        if (part === null) return null;
        region = R.union(region, part);
      }
      return region;
    }
    default:
      return null;
  }
}

function setAlgebra(a: Value, op: string, b: Value): Value {
  if (a.k === 'many' && b.k === 'many' && op === 'cup')
    return { k: 'many', items: [...a.items, ...b.items], how: 'set' };
  const [x, y] = [regionOf(a), regionOf(b)];
  if (x === null || y === null || !rule('set-algebra')) throw UNREADABLE;
  const region = op === 'cup' ? R.union(x, y) : R.intersection(x, op === 'cap' ? y : R.complement(y));
  // Sets of points stay sets of points.
  if (region.every((part) => part.lo.v === part.hi.v))
    return {
      k: 'many',
      items: region.map((part): Quantity => ({ k: 'quantity', node: part.lo.node, unit: null, percent: false })),
      how: 'set',
    };
  return { k: 'region', region, name: undefined };
}
