/** Which tokens go on a product without a sign of multiplication, and which are a unit or a word behind it. */
import { CONSTANTS, FUNCTIONS, GREEK_WORD } from './parse-tables.js';
import { rule } from './rules.js';
import { TokenCursor } from './token-cursor.js';
import type { Token } from './tokens.js';
import { unitOf } from './units.js';

export abstract class ImplicitFactors extends TokenCursor {
  /** Does a factor without a sign of multiplication come next? */
  protected factorFollows(): boolean {
    const token = this.peek();
    const before = this.peek(-1);
    if (token === undefined || before === undefined) return false;
    switch (token.t) {
      case 'num':
        // "2 3" is no product; "\sqrt{2}3" and "x2" are.
        return before.t !== 'num' && !(before.t === 'word' && before.tx);
      case 'sym':
        return !this.isUnit(token, before) && !this.isDegreeScale(token);
      case 'word':
        return this.isFactorWord(token, before);
      case 'cmd':
        return token.v !== 'ldots' && token.v !== 'dots' && token.v !== 'cdots' && !token.v.startsWith('set:');
      case 'open':
        if (token.tx) return false;
        return token.v === '(' || token.v === '{' || token.v === '[' || token.v === 'floor' || token.v === 'ceil';
      case 'op':
        return token.v === 'angle' || (token.v === '|' && this.absolute === 0);
      case 'close':
        return false;
    }
  }

  /** The C of 25 °C. */
  private isDegreeScale(token: Token): boolean {
    if (token.v !== 'C' && token.v !== 'F') return false;
    return this.isOp('deg', -1) || (this.peek(-1)?.v === '}' && this.isOp('deg', -2));
  }

  private isUnit(token: Token, before: Token): boolean {
    if (before.t !== 'num' && before.t !== 'close' && before.v !== 'pi') return false;
    if (unitOf(token.v) === undefined || token.v === 'C' || token.v === 'F' || token.v === 'd' || token.v === 't')
      return false;
    if (this.reading.known?.has(token.v) === true) return false;
    return (
      rule('bare-units') &&
      (this.reading.units === true || token.tx || (token.sp && before.t === 'num' && this.endsHere()))
    );
  }
  private endsHere(): boolean {
    const next = this.peek(1);
    return next === undefined || (next.t === 'op' && (next.v === '/' || next.v === '^'));
  }

  private isFactorWord(token: Token, before: Token): boolean {
    const lower = token.v.toLowerCase();
    if (token.v in FUNCTIONS || lower in CONSTANTS || lower === 'sqrt' || token.v === 'log' || GREEK_WORD.test(token.v))
      return !(token.v === 'e' && token.tx);
    if (token.tx) return token.v.length === 1 && !this.isUnit(token, before) && unitOf(token.v) === undefined;
    if (this.reading.known !== undefined && [...token.v].every((one) => this.reading.known?.has(one) === true))
      return true;
    if (unitOf(token.v) !== undefined && (before.t === 'num' || before.t === 'close' || before.v === 'pi'))
      return false;
    if (token.sp) return token.v.length <= 3 && !/[aeiou]/i.test(token.v) && this.reading.units !== true;
    return token.v.length <= 3;
  }

  protected functionFollows(): boolean {
    const token = this.peek();
    if (token?.t === 'open') return true;
    return (token?.t === 'cmd' || token?.t === 'word') && (token.v in FUNCTIONS || token.v === 'log');
  }
}
