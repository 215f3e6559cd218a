/**
 * The verifier `math`: finds the answer in a response, reads gold and answer, and compares them. Pure; it throws on nothing,
 * whatever it is given. See docs/verifiers.md for the rules, contract.ts for what goes in and out.
 */
import { BOUNDS, refuel, TooLarge } from './bounds.js';
import { ungradable, type Found, type Item, type Result } from './contract.js';
import { findAnswer } from './extract.js';
import { OptionGrading } from './grade-option.js';
import { DEFAULT_SETTINGS, type VerifySettings } from './settings.js';
import { cleaned } from './text.js';

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
  try {
    const answer = findAnswer(response, false);
    const parts = answer === undefined ? [] : cleaned(answer);
    return parts.length === 0 ? null : parts.join(', ');
  } catch {
    return null;
  }
}

/** Undefined fields are defaults, too. */
export function withDefaults(settings: Partial<VerifySettings>): VerifySettings {
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(set) };
}

class Grading extends OptionGrading {
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
}

const INTEGER = /^-?\d{1,15}$/;
