/** Seeded draws for the digits task: each purpose has its own generator, so that one draw more in one place moves no other. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export type { RandomGenerator };

/** A generator named by its seed and purpose. */
export function generatorFor(...name: readonly (string | number)[]): RandomGenerator {
  const digest = sha256(utf8ToBytes(`stagewright/digits@1\n${name.join('\n')}`));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => view.getInt32(offset, true)));
}

/** Uniform over 0 .. n - 1. */
export function below(random: RandomGenerator, n: number): number {
  return uniformInt(random, 0, n - 1);
}

/** Uniform in (0, 1): never 0 or 1, so that its logarithm is finite. */
export function unit(random: RandomGenerator): number {
  return ((random.next() >>> 0) + 0.5) * 2 ** -32;
}

/** @throws RangeError when `items` is empty. */
export function pick<T>(random: RandomGenerator, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError('nothing to pick from');
  return items[below(random, items.length)] as T;
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(random: RandomGenerator, items: readonly T[]): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** `n` standard normal numbers (Box-Muller; V8's log, sin and cos are its own code: the same on every machine). */
export function normals(random: RandomGenerator, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unit(random)));
    const angle = 2 * Math.PI * unit(random);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
