/** Python's random module after random.seed(integer): the Mersenne Twister, and shuffle() as Python 3.11 and its like have it. */

const SIZE = 624;
const SHIFT = 397;

export class PythonRandom {
  private readonly state = new Uint32Array(SIZE);
  private at = SIZE;

  /** As in Python, the sign does not count. */
  constructor(seed: bigint | number) {
    let left = BigInt(seed);
    if (left < 0n) left = -left;
    const key: number[] = [];
    for (; left > 0n; left >>= 32n) key.push(Number(left & 0xffffffffn));
    this.seedWith(key.length > 0 ? key : [0]);
  }

  /** Each order of the items is as likely as any other. In place. */
  shuffle(items: { readonly length: number; [index: number]: number }, from = 0, to: number = items.length): void {
    for (let i = to - from - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      const item = items[from + i] as number;
      items[from + i] = items[from + j] as number;
      items[from + j] = item;
    }
  }

  /** A whole number from 0 to below `limit`, which is at most 2**32 - 1. */
  below(limit: number): number {
    const shift = Math.clz32(limit);
    for (;;) {
      const value = this.word() >>> shift;
      if (value < limit) return value;
    }
  }

  /** 32 random bits. */
  word(): number {
    if (this.at === SIZE) this.refill();
    let word = this.state[this.at] as number;
    this.at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  private refill(): void {
    const { state } = this;
    for (let i = 0; i < SIZE; i += 1) {
      const joined = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % SIZE] as number) & 0x7fffffff);
      const twisted = (state[(i + SHIFT) % SIZE] as number) ^ (joined >>> 1);
      state[i] = (joined & 1) === 0 ? twisted : twisted ^ 0x9908b0df;
    }
    this.at = 0;
  }

  /** init_by_array of the reference implementation. */
  private seedWith(key: readonly number[]): void {
    const { state } = this;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i += 1) state[i] = Math.imul(1812433253, this.mixed(i)) + i;
    let [i, j] = [1, 0];
    const wrap = (): void => {
      i += 1;
      if (i < SIZE) return;
      state[0] = state[SIZE - 1] as number;
      i = 1;
    };
    for (let k = Math.max(SIZE, key.length); k > 0; k -= 1) {
      state[i] = ((state[i] as number) ^ Math.imul(this.mixed(i), 1664525)) + (key[j] as number) + j;
      j = (j + 1) % key.length;
      wrap();
    }
    for (let k = SIZE - 1; k > 0; k -= 1) {
      state[i] = ((state[i] as number) ^ Math.imul(this.mixed(i), 1566083941)) - i;
      wrap();
    }
    state[0] = 0x80000000;
    this.at = SIZE;
  }

  private mixed(i: number): number {
    const before = this.state[i - 1] as number;
    return before ^ (before >>> 30);
  }
}
