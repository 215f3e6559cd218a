/** Grading where the gold or the choices are options: by letter, by the text of an option, or by its value. */
import type { Result } from './contract.js';
import { ValueGrading } from './grade-value.js';
import { goldLetter, goldLetters, indexOf, letterAt, type Letter, letters, optionWithText } from './letters.js';
import { rule } from './rules.js';
import { unwrapped } from './text.js';

export class OptionGrading extends ValueGrading {
  protected byLetter(forced: boolean): Result | undefined {
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
}
