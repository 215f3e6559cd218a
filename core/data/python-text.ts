/**
 * How Python reads and prints text, where JavaScript differs: white space, words, str() and repr(). The published scripts are
 * Python, and their output is to come out byte for byte. JSON is python-json.ts.
 */
import { dumps, floatText } from './python-dumps.js';
import type { PyValue } from './python-value.js';

/** What str.strip() and `\s` take for white space, for use inside a character class. */
export const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
/** What `\w` takes for a part of a word, for use inside a character class with the u flag. */
export const WORD = String.raw`\p{L}\p{N}_`;

const SPACE_CODE = new RegExp(`[${SPACE}]`, 'u');

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  return SPACE_CODE.test(String.fromCharCode(code));
}

/** str.strip() */
export function strip(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** str(value), which is what formatting into a template prints. */
export function str(value: PyValue): string {
  return typeof value === 'string' ? value : repr(value);
}

function repr(value: PyValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return reprText(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return floatText(value);
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${[...value].map(([key, of]) => `${reprText(key)}: ${repr(of)}`).join(', ')}}`;
}

/** The space is the one separator that is printed as it is. */
const NOT_PRINTED = /[\\']|(?! )[\p{C}\p{Z}]/gu;
const NOT_PRINTED_DOUBLE = /\\|(?! )[\p{C}\p{Z}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function reprText(text: string): string {
  const double = text.includes("'") && !text.includes('"');
  const shown = text.replaceAll(double ? NOT_PRINTED_DOUBLE : NOT_PRINTED, (char) => NAMED[char] ?? escaped(char));
  return double ? `"${shown}"` : `'${shown}'`;
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** For messages: a value as JSON, cut where it is long. */
export function shown(value: PyValue): string {
  const text = dumps(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
