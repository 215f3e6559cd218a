/**
 * Random numbers of the trainer. Every generator is derived from (seed, purpose, position) by sha256 and lives for one step,
 * pass or tensor only, so that a resume at step n draws what an undisturbed run draws there. Not for cryptography.
 */
import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** What numbers are drawn for; each has its own stream at the same position. */
export type Purpose = 'order' | 'rollout' | 'minibatch' | `init/${string}` | `answer/${string}` | `test/${string}`;

/** @param position the step, the pass over the data, the sample's number, or 0. */
export function derivedGenerator(seed: number, purpose: Purpose, position: number): RandomGenerator {
  const digest = createHash('sha256').update(`stagewright/onnx/random@1\n${seed}\n${purpose}\n${position}`).digest();
  return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
}

/** Fisher-Yates over 0 .. n - 1. */
export function permutation(n: number, random: RandomGenerator): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

// The half keeps u inside (0, 1), so that neither logarithm is infinite.
const uniform = (random: RandomGenerator): number => ((random.next() >>> 0) + 0.5) * 2 ** -32;

/** Fills with standard Gumbel noise -ln(-ln u): the argmax of logits plus it is a draw from softmax(logits). */
export function fillGumbel(out: Float32Array, random: RandomGenerator): void {
  for (let i = 0; i < out.length; i++) out[i] = -Math.log(-Math.log(uniform(random)));
}

/** Fills with normal numbers of mean 0 (Box-Muller). V8's log, sin and cos are its own code: the same on every machine. */
export function fillNormal(out: Float32Array, std: number, random: RandomGenerator): void {
  for (let i = 0; i < out.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(uniform(random)));
    const angle = 2 * Math.PI * uniform(random);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
}
