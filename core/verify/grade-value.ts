/** Grading by words and by values: what is no option letter. */
import { type Alike, alike } from './alike.js';
import { ungradable, type Item, type Reason, type Result, type Verdict } from './contract.js';
import type { Answer } from './extract.js';
import { UNREADABLE, type Reading } from './parse-reading.js';
import { readValue } from './read-value.js';
import { rule } from './rules.js';
import type { VerifySettings } from './settings.js';
import { cleaned, folded, isWords, unwrapped } from './text.js';
import { type Token, tokenize } from './tokens.js';
import type { Value } from './value.js';
import { variablesOf } from './value-variables.js';
import { regionOf } from './value-regions.js';
import { isNumberWord } from './words.js';

export class ValueGrading {
  protected readonly gold: string;
  protected readonly parts: readonly string[];

  constructor(
    protected readonly item: Item,
    protected readonly settings: VerifySettings,
    protected readonly answer: Answer,
  ) {
    this.gold = unwrapped(boxedGold(item.gold));
    this.parts = cleaned(answer);
  }

  protected say(verdict: Verdict): Result {
    return { verdict, rule: this.answer.found };
  }
  protected none(reason: Reason): Result {
    return ungradable(reason, this.answer.found);
  }

  protected byWords(): Result {
    const gold = folded(this.gold);
    const said = this.parts.map((part) => folded(part));
    if (said.length === 1 && said[0] === gold) return this.say('correct');
    const offered = said.flatMap((part) => part.split(/\s*,?\s+or\s+|\s*,\s*|\s+and\s+/));
    const goldItems = gold.split(/\s*,\s*(?:and\s+)?|\s+and\s+/);
    if (goldItems.length > 1 && rule('word-lists')) {
      const same = goldItems.length === offered.length && goldItems.every((one) => offered.includes(one));
      return this.say(same ? 'correct' : 'wrong');
    }
    if (offered.length > 1 && offered.includes(gold)) {
      if (new Set(offered).size === 1) return this.say('correct');
      if (this.settings.hedge === 'last') return this.say(offered.at(-1) === gold ? 'correct' : 'wrong');
      const hedged = said.some((part) => / or /.test(part)) || said.length > 1;
      return hedged && rule('hedge') ? this.none('two-answers') : this.say('wrong');
    }
    return this.say('wrong');
  }

  protected byValue(): Result {
    const isText = this.item.kind === undefined && this.isTextGold();
    const gold = isText ? undefined : this.read(this.gold);
    if (gold === undefined) {
      if (this.sameTokens()) return this.say('correct');
      return this.byWords();
    }
    switch (this.compare(gold, this.parts)) {
      case 'equal':
        return this.say('correct');
      case 'different':
        return this.say('wrong');
      case 'several':
        return this.none('two-answers');
      case 'unknown':
        return this.sameTokens() ? this.say('correct') : this.none('not-comparable');
    }
  }

  private isTextGold(): boolean {
    if (!isWords(this.gold)) return false;
    const words = folded(this.gold).split(/[\s-]+/);
    if (
      rule('number-words') &&
      words.every((word) => isNumberWord(word) || NUMBER_GLUE.has(word)) &&
      words.some(isNumberWord)
    )
      return false;
    return !MATH_WORDS.test(folded(this.gold));
  }

  protected read(text: string, reading?: Reading): Value | undefined {
    try {
      return shaped(readValue(text, reading), this.item.kind);
    } catch (error) {
      if (error === UNREADABLE) return undefined;
      throw error;
    }
  }

  protected compare(gold: Value, parts: readonly string[]): Alike | 'unknown' {
    const names = variablesOf(gold);
    const reading: Reading = names.size === 0 ? { units: true } : { known: names };
    const values = parts.map((part) => this.read(part, reading));
    const [only] = values;
    if (values.length > 1) {
      const read = values.filter((one) => one !== undefined);
      if (read.length === 0) return 'unknown';
      return alike(
        gold,
        { k: 'many', items: read.flatMap((one) => (one.k === 'many' ? one.items : [one])), how: 'or' },
        this.settings,
      );
    }
    if (only === undefined) return 'unknown';
    const said = alike(gold, only, this.settings);
    // Words that happen to read as letters are words.
    const isWord = said === 'different' && isWords(parts[0] ?? '') && variablesOf(only).size > 0;
    if (isWord && [...variablesOf(only)].every((name) => !names.has(name))) return 'unknown';
    if (said === 'equal' || gold.k !== 'many' || parts[0] === undefined || !rule('tight-lists')) return said;
    // 100,200,300 where the gold is a list of three: commas between members, not thousands.
    if (only.k !== 'quantity' || !parts[0].includes(',')) return said;
    const spaced = this.read(parts[0].replace(/,/g, ', '), reading);
    return spaced === undefined ? said : alike(gold, spaced, this.settings);
  }

  /** Mathematics that is not understood: the same tokens, spacing aside. */
  private sameTokens(): boolean {
    const [only] = this.parts;
    if (only === undefined || this.parts.length > 1 || !rule('same-tokens')) return false;
    const [a, b] = [tokenize(this.gold), tokenize(only)];
    return a.length > 0 && a.length === b.length && a.every((token, i) => sameToken(token, b[i]));
  }
}

const sameToken = (a: Token, b: Token | undefined): boolean =>
  b !== undefined && a.t === b.t && a.v === b.v && a.q?.n === b.q?.n && a.q?.d === b.q?.d;

const NUMBER_GLUE = new Set(['and', 'a', 'an', 'point', 'minus', 'negative', 'of']);
const MATH_WORDS = /^(?:pi|infinity|inf|e|i|[+-]?\s*infinity|negative infinity|sqrt|x|y)$/;

/** A gold that comes in a box of its own. */
function boxedGold(gold: string): string {
  const match = /^\s*\$?\\boxed\s*\{([\s\S]*)\}\$?\s*$/.exec(gold);
  return match?.[1] ?? gold;
}

/** What `kind` makes of a value that could be two things. */
function shaped(value: Value, kind: Item['kind']): Value {
  if (kind !== 'interval' || value.k !== 'tuple') return value;
  const region = regionOf(value);
  return region === null ? value : { k: 'region', region, name: undefined };
}
