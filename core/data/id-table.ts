/**
 * Numbers for ids: 0, 1, 2 and so on, in the order in which they come. An id is held as 96 bits of hash, about 24 bytes in all,
 * whatever its length; among a million ids, the odds that two are taken for one are below one in 10^16.
 */
const FIRST = 1024;

export class IdTable {
  size = 0;
  private a = new Int32Array(FIRST);
  private b = new Int32Array(FIRST);
  private c = new Int32Array(FIRST);
  /** Number + 1 by hash; 0 is free. At most half of it is used. */
  private slots = new Int32Array(FIRST * 2);
  private x = 0;
  private y = 0;
  private z = 0;

  /** @returns its number, or -1 */
  find(bytes: Uint8Array, start: number, end: number): number {
    this.hash(bytes, start, end);
    return (this.slots[this.slot()] as number) - 1;
  }

  /** @returns its number, which is the size before where it is new */
  add(bytes: Uint8Array, start: number, end: number): number {
    this.hash(bytes, start, end);
    const slot = this.slot();
    const known = this.slots[slot] as number;
    if (known > 0) return known - 1;
    if (this.size === this.a.length) {
      this.grow();
      return this.add(bytes, start, end);
    }
    this.a[this.size] = this.x;
    this.b[this.size] = this.y;
    this.c[this.size] = this.z;
    this.size += 1;
    this.slots[slot] = this.size;
    return this.size - 1;
  }

  private slot(): number {
    const mask = this.slots.length - 1;
    for (let at = this.x & mask; ; at = (at + 1) & mask) {
      const number = (this.slots[at] as number) - 1;
      if (number < 0 || (this.a[number] === this.x && this.b[number] === this.y && this.c[number] === this.z))
        return at;
    }
  }

  private grow(): void {
    this.a = grown(this.a);
    this.b = grown(this.b);
    this.c = grown(this.c);
    const mask = this.slots.length * 2 - 1;
    this.slots = new Int32Array(mask + 1);
    for (let number = 0; number < this.size; number += 1) {
      let at = (this.a[number] as number) & mask;
      while (this.slots[at] !== 0) at = (at + 1) & mask;
      this.slots[at] = number + 1;
    }
  }

  private hash(bytes: Uint8Array, start: number, end: number): void {
    let x = 0x2545f491;
    let y = 0x41c6ce57;
    let z = end - start;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i] as number;
      x = Math.imul(x ^ byte, 0x85ebca6b);
      x ^= x >>> 15;
      y = Math.imul(y ^ byte, 0x9e3779b1);
      y ^= y >>> 13;
      z = Math.imul(z ^ byte, 0xc2b2ae35);
      z ^= z >>> 16;
    }
    this.x = Math.imul(x ^ (y >>> 11), 0x27d4eb2f) | 0;
    this.x ^= this.x >>> 15;
    this.y = Math.imul(y ^ (z >>> 7), 0x165667b1) | 0;
    this.z = Math.imul(z ^ (x >>> 9), 0x2c1b3c6d) | 0;
  }
}

export function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}
