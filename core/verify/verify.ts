/**
 * The verifier `math`: finds the answer in a response, reads gold and answer, and compares them. Pure; it throws on nothing,
 * whatever it is given. See docs/verifiers.md for the rules, contract.ts for what goes in and out.
 */
import { BOUNDS, refuel, TooLarge } from './bounds.js';
import { type Alike, alike } from './alike.js';
import { ungradable, type Found, type Item, type Reason, type Result, type Verdict } from './contract.js';
import { type Answer, findAnswer } from './extract.js';
import { goldLetter, goldLetters, indexOf, letterAt, type Letter, letters, optionWithText } from './letters.js';
import { variables } from './node.js';
import { type Reading, UNREADABLE } from './parse.js';
import { rule } from './rules.js';
import { DEFAULT_SETTINGS, type VerifySettings } from './settings.js';
import { folded, isWords, unwrapped } from './text.js';
import { type Token, tokenize } from './tokens.js';
import { readValue, regionOf, type Value } from './value.js';
import { isNumberWord } from './words.js';

export function verify(item: Item, settings?: Partial<VerifySettings>): Result {
  let found: Found = 'none';
  try {
    refuel();
    const full = settings === undefined ? DEFAULT_SETTINGS : withDefaults(settings);
    if (item.gold.trim() === '') return ungradable('no-gold', found);
    const answer = findAnswer(item.pred, full.requireBox);
    found = answer?.found ?? 'none';
    if (answer === undefined) return ungradable('no-answer', found);
    return new Grading(item, full, answer).result();
  } catch (error) {
    // Nothing else is thrown on purpose; what is overlooked must not end a training run either.
    return ungradable(error instanceof TooLarge || error instanceof RangeError ? 'too-large' : 'not-comparable', found);
  }
}

/** What a response is read to answer, for people; null where it holds no answer. */
export function answerOf(response: string): string | null {
  const answer = findAnswer(response, false);
  const parts = answer === undefined ? [] : cleaned(answer);
  return parts.length === 0 ? null : parts.join(', ');
}

/** Undefined fields are defaults, too. */
export function withDefaults(settings: Partial<VerifySettings>): VerifySettings {
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(set) };
}

/** The answer's parts, cleaned; without empty ones. */
export function cleaned(answer: Answer): readonly string[] {
  return answer.parts
    .map(unwrapped)
    .filter((part) => folded(part) !== '' || /\d|\\|[∅{}]/.test(part.replace(EMPTY, '')));
}
const EMPTY = /\\(?:text|mathrm|textbf|mathbf|mbox)\s*\{\s*\}/g;

class Grading {
  private readonly gold: string;
  private readonly parts: readonly string[];

  constructor(
    private readonly item: Item,
    private readonly settings: VerifySettings,
    private readonly answer: Answer,
  ) {
    this.gold = unwrapped(boxedGold(item.gold));
    this.parts = cleaned(answer);
  }

  private say(verdict: Verdict): Result {
    return { verdict, rule: this.answer.found };
  }
  private none(reason: Reason): Result {
    return ungradable(reason, this.answer.found);
  }

  result(): Result {
    const { kind } = this.item;
    const [only] = this.parts;
    if (only === undefined) return this.none('no-answer');
    if (kind === undefined || kind === 'letter') {
      const byLetter = this.byLetter(kind === 'letter');
      if (byLetter !== undefined) return byLetter;
    }
    if (this.parts.length === 1 && only === this.gold) return this.say('correct');
    if (this.parts.some((part) => part.length > BOUNDS.answer) || this.gold.length > BOUNDS.answer)
      return this.none('too-large');
    if (kind === 'text') return this.byWords();
    return (kind === undefined ? this.plainIntegers(only) : undefined) ?? this.byValue();
  }

  /** The most common answer by far, without parsing. */
  private plainIntegers(only: string): Result | undefined {
    if (this.parts.length !== 1 || !INTEGER.test(only) || !INTEGER.test(this.gold)) return undefined;
    return this.say(Number(only) === Number(this.gold) ? 'correct' : 'wrong');
  }

  // Options

  private byLetter(forced: boolean): Result | undefined {
    const { choices } = this.item;
    const several = choices === undefined || choices.length > 0 ? goldLetters(this.gold) : [];
    if (several.length > 0 && rule('several-letters')) return this.byLetters(several);
    const gold = goldLetter(this.gold)?.letter ?? (forced ? letters(this.gold)[0]?.letter : undefined);
    if (gold === undefined)
      return choices === undefined ? (forced ? this.none('no-gold') : undefined) : this.byOptionText(choices);
    if (choices !== undefined && indexOf(gold) >= choices.length) return forced ? this.none('no-gold') : undefined;
    const named = this.namedLetters();
    if (named.length === 0) {
      if (choices !== undefined && rule('option-value')) return this.byOptionValue(choices, indexOf(gold));
      return this.none('not-comparable');
    }
    const [first] = named;
    if (
      choices !== undefined &&
      first !== undefined &&
      named.length === 1 &&
      first.rest !== '' &&
      rule('option-text-behind')
    ) {
      // "B. 45°" where 45° is option C: two answers.
      const meant = this.optionOf(first.rest, choices);
      if (meant >= 0 && meant !== indexOf(first.letter)) return this.none('two-answers');
    }
    return this.oneOf(
      named.map((one) => one.letter),
      gold,
    );
  }
  private namedLetters(): readonly Letter[] {
    return this.parts.flatMap((part) => letters(part));
  }
  private oneOf(names: readonly string[], gold: string): Result {
    const different = new Set(names);
    if (different.size > 1 && this.settings.hedge === 'fail' && rule('hedge')) return this.none('two-answers');
    return this.say(names.at(-1) === gold ? 'correct' : 'wrong');
  }
  private byLetters(gold: readonly string[]): Result {
    const named = new Set(this.namedLetters().map((one) => one.letter));
    if (named.size === 0) return this.none('not-comparable');
    return this.say(named.size === new Set(gold).size && gold.every((one) => named.has(one)) ? 'correct' : 'wrong');
  }
  /** The gold is an option's text: a letter answers it. */
  private byOptionText(choices: readonly string[]): Result | undefined {
    const index = this.optionOf(this.gold, choices);
    if (index < 0 || !rule('option-by-letter')) return undefined;
    const named = this.namedLetters().filter((one) => indexOf(one.letter) < choices.length);
    const isText = this.parts.every((part) => this.optionOf(part, choices) >= 0);
    return named.length === 0 || isText
      ? undefined
      : this.oneOf(
          named.map((one) => one.letter),
          letterAt(index),
        );
  }
  /** The answer is an option's text or value. */
  private byOptionValue(choices: readonly string[], gold: number): Result {
    const meant = this.parts.map((part) => this.optionOf(part, choices));
    if (new Set(meant).size > 1 && this.settings.hedge === 'fail') return this.none('two-answers');
    const last = meant.at(-1) ?? -1;
    return last < 0 ? this.none('not-comparable') : this.say(last === gold ? 'correct' : 'wrong');
  }
  private optionOf(text: string, choices: readonly string[]): number {
    const byText = optionWithText(text, choices);
    if (byText >= 0) return byText;
    return choices.findIndex((choice) => {
      const value = this.read(unwrapped(choice));
      return value !== undefined && this.compare(value, [text]) === 'equal';
    });
  }

  // Words

  private byWords(): Result {
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

  // Values

  private byValue(): Result {
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

  private read(text: string, reading?: Reading): Value | undefined {
    try {
      return shaped(readValue(text, reading), this.item.kind);
    } catch (error) {
      if (error === UNREADABLE) return undefined;
      throw error;
    }
  }

  private compare(gold: Value, parts: readonly string[]): Alike | 'unknown' {
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
const INTEGER = /^-?\d{1,15}$/;
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

function variablesOf(value: Value, into: Set<string> = new Set()): Set<string> {
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
