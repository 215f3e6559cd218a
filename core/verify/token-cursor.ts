/** A place in a list of tokens, and the texts that are read without parsing: subscripts, arguments of f. */
import type { Node } from './node.js';
import { type Reading, UNREADABLE } from './parse-reading.js';
import type { Token } from './tokens.js';

export abstract class TokenCursor {
  protected at = 0;
  protected depth = 0;
  /** Bars that are open: the next one closes. */
  protected absolute = 0;
  constructor(
    protected readonly tokens: readonly Token[],
    protected readonly reading: Reading = {},
  ) {}

  protected peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }
  protected isOp(v: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.t === 'op' && token.v === v;
  }
  protected take(v: string): boolean {
    if (!this.isOp(v)) return false;
    this.at++;
    return true;
  }

  /** f(2): a value of its own for each text between the brackets. */
  protected application(name: string): Node {
    let text = name;
    for (let depth = 0; ;) {
      const token = this.peek();
      if (token === undefined) throw UNREADABLE;
      this.at++;
      text += token.v === '' ? `${token.q?.n}/${token.q?.d}` : token.v;
      if (token.t === 'open') depth++;
      if (token.t === 'close' && --depth === 0) return { k: 'sym', name: text };
    }
  }

  /** The text of `_…`, the underscore included. */
  protected subscript(): string {
    this.at++;
    if (this.peek()?.v !== '{') {
      const token = this.peek();
      if (token === undefined || token.t === 'close' || token.t === 'op') throw UNREADABLE;
      this.at++;
      return token.v;
    }
    let depth = 0;
    let name = '';
    for (;;) {
      const token = this.peek();
      if (token === undefined) throw UNREADABLE;
      this.at++;
      if (token.v === '{') depth++;
      else if (token.v === '}') {
        if (--depth === 0) return name;
      } else name += token.v;
    }
  }
  protected flatArgument(): string {
    if (this.peek()?.v !== '{') {
      const token = this.peek();
      this.at++;
      return token?.v ?? '';
    }
    this.at--;
    return this.subscript();
  }
}
