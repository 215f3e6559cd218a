/**
 * Where a print was first seen: a table of 16 bytes a slot, for sets of millions of rows. A print is 96 bits as hexadecimal digits;
 * what it stands for is the caller's number. Nothing is ever taken out.
 */
import { PRINT_DIGITS } from './overlap-text.js';

const WORDS = 4;
/** Slots taken before the table grows: 20 to 40 bytes a print. */
const FULL = 0.8;

export class PrintIndex {
  #slots: Uint32Array;
  #size = 0;

  constructor(slots = 64) {
    this.#slots = new Uint32Array(WORDS * slots);
  }

  get size(): number {
    return this.#size;
  }
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** @param ref 0 to 2^32 - 2. @returns whether the print is new; the first number stays otherwise. */
  add(print: string, ref: number): boolean {
    if (this.#size >= (this.#slots.length / WORDS) * FULL) this.#grow();
    const [a, b, c] = wordsOf(print);
    const at = this.#slotOf(this.#slots, a, b, c);
    if (this.#slots[at + 3] !== 0) return false;
    this.#slots.set([a, b, c, ref + 1], at);
    this.#size++;
    return true;
  }

  find(print: string): number | undefined {
    const [a, b, c] = wordsOf(print);
    const found = this.#slots[this.#slotOf(this.#slots, a, b, c) + 3] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** The slot that holds it, or the free one where it would be. */
  #slotOf(slots: Uint32Array, a: number, b: number, c: number): number {
    const count = slots.length / WORDS;
    for (let i = a % count; ; i = i + 1 === count ? 0 : i + 1) {
      const at = i * WORDS;
      if (slots[at + 3] === 0 || (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c)) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      const [a = 0, b = 0, c = 0, ref = 0] = old.subarray(at, at + WORDS);
      if (ref !== 0) slots.set([a, b, c, ref], this.#slotOf(slots, a, b, c));
    }
    this.#slots = slots;
  }
}

function wordsOf(print: string): [number, number, number] {
  const word = (i: number): number => Number.parseInt(print.slice(8 * i, 8 * i + 8), 16);
  const words: [number, number, number] = [word(0), word(1), word(2)];
  if (print.length !== PRINT_DIGITS || words.some(Number.isNaN))
    throw new RangeError(`no print: ${print.slice(0, 40)}`);
  return words;
}
