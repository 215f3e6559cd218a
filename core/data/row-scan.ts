/**
 * Looks through the bytes of a row without making values of them: is this what Python would print for it, byte for byte, and where
 * are the values of its outer keys? Most rows were printed by Python and pass as they are; every other row is read in full
 * (python-json.ts), and so is every row that is wrong: this only ever says "no", never why.
 */
import { grown } from './id-table.js';
import { floatText } from './python-dumps.js';

/** Room at first for keys that are kept with the places of their values, and for keys that are compared: none may come twice. */
const ENTRIES = 256;
/** How deep keys are kept: `generated.options.A`. */
const KEPT_DEPTH = 3;
/** Beyond what a full reading takes. */
const DEPTH = 1000;
const INT_DIGITS = 4300;
const NO = -1;

/** The row itself as a parent. */
export const ROW = -1;

export class RowScan {
  private bytes: Uint8Array = new Uint8Array(0);
  private last = 0;
  private entries = 0;
  private parents = new Int32Array(ENTRIES);
  private keys = new Int32Array(ENTRIES);
  private keyEnds = new Int32Array(ENTRIES);
  private starts = new Int32Array(ENTRIES);
  private ends = new Int32Array(ENTRIES);
  /** Hashes of the keys of the objects that are open. */
  private hashes = new Int32Array(ENTRIES);
  private open = 0;
  private printed = false;
  private readonly floats = new Map<string, boolean>();

  /**
   * Whether the bytes are one object, as Python prints it. What `find` tells holds until the next scan.
   * @param printed dumps() has just made them: no key comes twice
   */
  scan(bytes: Uint8Array, start: number, end: number, printed = false): boolean {
    this.bytes = bytes;
    this.printed = printed;
    this.last = end;
    this.entries = 0;
    this.open = 0;
    return bytes[start] === 0x7b && this.object(start, 1, ROW) === end;
  }

  /** The entry of a key of the row or of another entry's object; -1 where it has none. Keys are ASCII without escapes. */
  find(parent: number, key: Uint8Array): number {
    const { bytes, parents, keys, keyEnds } = this;
    next: for (let entry = 0; entry < this.entries; entry += 1) {
      const from = keys[entry] as number;
      if (parents[entry] !== parent || (keyEnds[entry] as number) - from !== key.length) continue;
      for (let i = 0; i < key.length; i += 1) if (bytes[from + i] !== key[i]) continue next;
      return entry;
    }
    return -1;
  }

  /** Of an entry's value: its first byte, which tells its type. */
  first(entry: number): number {
    return this.bytes[this.starts[entry] as number] as number;
  }

  start(entry: number): number {
    return this.starts[entry] as number;
  }

  end(entry: number): number {
    return this.ends[entry] as number;
  }

  /** The row's keys in order: the key's first byte, and the place after its value. */
  eachOuter(each: (key: number, end: number) => void): void {
    for (let entry = 0; entry < this.entries; entry += 1)
      if (this.parents[entry] === ROW) each(this.keys[entry] as number, this.ends[entry] as number);
  }

  /** Whether the row has an outer key that begins with this byte. */
  hasOuterKey(first: number): boolean {
    for (let entry = 0; entry < this.entries; entry += 1)
      if (this.parents[entry] === ROW && this.bytes[this.keys[entry] as number] === first) return true;
    return false;
  }

  /** Each of these takes the place where something begins and gives the place after it, or NO. */
  private value(at: number, depth: number, entry: number): number {
    const byte = this.bytes[at] as number;
    if (byte === 0x22) return this.string(at);
    if (byte === 0x7b) return this.object(at, depth + 1, entry);
    if (byte === 0x5b) return this.array(at, depth + 1);
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.number(at);
    if (byte === 0x74) return this.word(at, TRUE);
    if (byte === 0x66) return this.word(at, FALSE);
    if (byte === 0x6e) return this.word(at, NULL);
    if (byte === 0x4e) return this.word(at, NAN);
    return byte === 0x49 ? this.word(at, INFINITY) : NO;
  }

  private object(from: number, depth: number, parent: number): number {
    if (depth > DEPTH) return NO;
    const { bytes } = this;
    const keep = depth <= KEPT_DEPTH && (depth === 1 || parent !== ROW);
    const mine = this.open;
    let at = from + 1;
    if (bytes[at] === 0x7d) return at < this.last ? at + 1 : NO;
    for (;;) {
      const key = at + 1;
      at = bytes[at] === 0x22 ? this.string(at) : NO;
      if (at === NO || (!this.printed && !this.isNewKey(mine, key, at - 1))) return NO;
      if (bytes[at] !== 0x3a || bytes[at + 1] !== 0x20) return NO;
      let entry = ROW;
      if (keep) {
        if (this.entries === this.keys.length) this.grow();
        entry = this.entries;
        this.entries += 1;
        this.parents[entry] = parent;
        this.keys[entry] = key;
        this.keyEnds[entry] = at - 1;
        this.starts[entry] = at + 2;
      }
      at = this.value(at + 2, depth, entry);
      if (at === NO || at >= this.last) return NO;
      if (keep) this.ends[entry] = at;
      if (bytes[at] === 0x7d) {
        this.open = mine;
        return at + 1;
      }
      if (bytes[at] !== 0x2c || bytes[at + 1] !== 0x20) return NO;
      at += 2;
    }
  }

  /** Another key with the same hash is most likely the same key; a full reading tells. */
  private isNewKey(mine: number, start: number, end: number): boolean {
    let hash = 0;
    for (let i = start; i < end; i += 1) hash = (Math.imul(hash ^ (this.bytes[i] as number), 0x01000193) + 1) | 0;
    for (let i = mine; i < this.open; i += 1) if (this.hashes[i] === hash) return false;
    if (this.open === this.hashes.length) this.hashes = grown(this.hashes);
    this.hashes[this.open] = hash;
    this.open += 1;
    return true;
  }

  private grow(): void {
    this.parents = grown(this.parents);
    this.keys = grown(this.keys);
    this.keyEnds = grown(this.keyEnds);
    this.starts = grown(this.starts);
    this.ends = grown(this.ends);
  }

  private array(from: number, depth: number): number {
    if (depth > DEPTH) return NO;
    const { bytes } = this;
    let at = from + 1;
    if (bytes[at] === 0x5d) return at < this.last ? at + 1 : NO;
    for (;;) {
      at = this.value(at, depth, ROW);
      if (at === NO || at >= this.last) return NO;
      if (bytes[at] === 0x5d) return at + 1;
      if (bytes[at] !== 0x2c || bytes[at + 1] !== 0x20) return NO;
      at += 2;
    }
  }

  private string(from: number): number {
    const { bytes, last: end } = this;
    let at = from + 1;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === 0x22) return at + 1;
      if (byte === 0x5c) at = this.escape(at + 1);
      else if (byte >= 0x80) at = this.wide(at);
      else at = byte < 0x20 ? NO : at + 1;
      if (at === NO) return NO;
    }
    return NO;
  }

  /** Only what Python itself escapes, and as it does. */
  private escape(at: number): number {
    const { bytes } = this;
    const byte = bytes[at];
    // " \ b f n r t
    if (
      byte === 0x22 ||
      byte === 0x5c ||
      byte === 0x62 ||
      byte === 0x66 ||
      byte === 0x6e ||
      byte === 0x72 ||
      byte === 0x74
    )
      return at + 1;
    if (byte !== 0x75 || bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x30) return NO;
    const high = (bytes[at + 3] as number) - 0x30;
    const digit = bytes[at + 4] as number;
    const low = digit >= 0x30 && digit <= 0x39 ? digit - 0x30 : digit >= 0x61 && digit <= 0x66 ? digit - 0x57 : NO;
    if ((high !== 0 && high !== 1) || low === NO) return NO;
    const code = high * 16 + low;
    return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? NO : at + 5;
  }

  /** A character beyond ASCII, in well-formed UTF-8. */
  private wide(at: number): number {
    const { bytes } = this;
    const byte = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if (byte < 0xc2 || byte > 0xf4 || (second & 0xc0) !== 0x80) return NO;
    if (byte < 0xe0) return at + 2;
    if (((bytes[at + 2] as number) & 0xc0) !== 0x80) return NO;
    if (byte < 0xf0) return (byte === 0xe0 && second < 0xa0) || (byte === 0xed && second >= 0xa0) ? NO : at + 3;
    if (((bytes[at + 3] as number) & 0xc0) !== 0x80) return NO;
    return (byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second >= 0x90) ? NO : at + 4;
  }

  private number(from: number): number {
    const { bytes, last: end } = this;
    let at = bytes[from] === 0x2d ? from + 1 : from;
    if (bytes[at] === 0x49) return this.word(at, INFINITY);
    const digits = at;
    while (at < end && isDigit(bytes[at] as number)) at += 1;
    const size = at - digits;
    if (size === 0 || size > INT_DIGITS || (size > 1 && bytes[digits] === 0x30)) return NO;
    const next = at < end ? bytes[at] : 0;
    // -0 is printed as 0.
    if (next !== 0x2e && next !== 0x65) return size === 1 && bytes[digits] === 0x30 && from !== digits ? NO : at;
    while (at < end && isOfFloat(bytes[at] as number)) at += 1;
    if (at - from > 32) return NO;
    let text = '';
    for (let i = from; i < at; i += 1) text += String.fromCharCode(bytes[i] as number);
    return this.isFloat(text) ? at : NO;
  }

  private isFloat(text: string): boolean {
    let known = this.floats.get(text);
    if (known === undefined) {
      const value = Number(text);
      known = Number.isFinite(value) && floatText(value) === text;
      if (this.floats.size < 4096) this.floats.set(text, known);
    }
    return known;
  }

  private word(at: number, word: Uint8Array): number {
    for (let i = 0; i < word.length; i += 1) if (this.bytes[at + i] !== word[i]) return NO;
    return at + word.length;
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** . e + - */
const isOfFloat = (byte: number): boolean =>
  isDigit(byte) || byte === 0x2e || byte === 0x65 || byte === 0x2b || byte === 0x2d;

/** Bytes of an ASCII text, for keys. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const [TRUE, FALSE, NULL, NAN, INFINITY] = ['true', 'false', 'null', 'NaN', 'Infinity'].map(ascii) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
