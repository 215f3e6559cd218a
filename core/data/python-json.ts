/**
 * Python's `json.loads`: what it accepts (NaN and Infinity too), what it refuses (control characters in strings, a byte order
 * mark), and the last of two equal keys. Writing is python-dumps.ts; lines of a file are store/json-lines.ts.
 */
import type { PyObject, PyValue } from './python-value.js';

/** Python's own limits: sys.int_info.default_max_str_digits, and about what its recursion limit leaves. */
const INT_DIGITS = 4300;
const DEPTH = 990;

/** Why a text is no JSON. The place is a column from 1 in UTF-16 units. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

/** @throws JsonFault */
export function loads(text: string): PyValue {
  if (text.startsWith('\ufeff')) throw new JsonFault('begins with a byte order mark (BOM): save it as UTF-8 without');
  return new Reader(text).document();
}

const SPACES = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
/** Up to what ends a piece of a string: its quote, an escape, or what may not be in it. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX = /[0-9a-fA-F]{4}/y;
const CONSTANTS: readonly (readonly [string, PyValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];
const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): PyValue {
    const value = this.value(0);
    this.spaces();
    if (this.at < this.text.length) throw this.fault('text after the value');
    return value;
  }

  private value(depth: number): PyValue {
    if (depth > DEPTH) throw this.fault(`nested deeper than ${DEPTH}`);
    this.spaces();
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    for (const [word, value] of CONSTANTS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    return this.number();
  }

  private object(depth: number): PyObject {
    const object: PyObject = new Map();
    this.at += 1;
    this.spaces();
    if (this.took('}')) return object;
    for (;;) {
      if (this.text[this.at] !== '"') throw this.fault('a key in double quotes is expected');
      const key = this.string();
      this.spaces();
      if (!this.took(':')) throw this.fault('":" is expected');
      object.set(key, this.value(depth + 1));
      this.spaces();
      if (this.took('}')) return object;
      if (!this.took(',')) throw this.fault('"," or "}" is expected');
      this.spaces();
    }
  }

  private array(depth: number): PyValue[] {
    const array: PyValue[] = [];
    this.at += 1;
    this.spaces();
    if (this.took(']')) return array;
    for (;;) {
      array.push(this.value(depth + 1));
      this.spaces();
      if (this.took(']')) return array;
      if (!this.took(',')) throw this.fault('"," or "]" is expected');
    }
  }

  private number(): PyValue {
    NUMBER.lastIndex = this.at;
    const [all, fraction, exponent] = NUMBER.exec(this.text) ?? [];
    if (all === undefined) throw this.fault(this.at < this.text.length ? 'a value is expected' : 'it ends too early');
    this.at += all.length;
    if (fraction !== undefined || exponent !== undefined) return Number(all);
    if (all.length - (all.startsWith('-') ? 1 : 0) > INT_DIGITS)
      throw this.fault(`an integer of more than ${INT_DIGITS} digits`);
    return BigInt(all);
  }

  private string(): string {
    const from = this.at;
    this.at += 1;
    let text = this.plain();
    for (;;) {
      if (this.took('"')) return text;
      if (this.at >= this.text.length) throw this.fault(`a string that begins at column ${from + 1} does not end`);
      if (!this.took('\\')) throw this.fault('a control character in a string');
      text += this.escape() + this.plain();
    }
  }

  private plain(): string {
    PLAIN.lastIndex = this.at;
    const [piece = ''] = PLAIN.exec(this.text) ?? [];
    this.at += piece.length;
    return piece;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? '';
    this.at += 1;
    if (letter !== 'u') {
      const char = SHORT[letter];
      if (char === undefined) throw this.fault('no such escape');
      return char;
    }
    HEX.lastIndex = this.at;
    const [hex] = HEX.exec(this.text) ?? [];
    if (hex === undefined) throw this.fault('\\u needs four hexadecimal digits');
    this.at += 4;
    return String.fromCharCode(parseInt(hex, 16));
  }

  private spaces(): void {
    SPACES.lastIndex = this.at;
    this.at += SPACES.exec(this.text)?.[0].length ?? 0;
  }

  private took(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private fault(what: string): JsonFault {
    return new JsonFault(`no JSON: ${what} (column ${this.at + 1})`);
  }
}
