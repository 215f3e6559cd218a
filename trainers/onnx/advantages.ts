/** Arithmetic of GRPO around the graphs: advantages of groups, masks of responses, mixed groups. Pure. */

/** Keeps the advantage finite where all rewards of a group are equal (their numerator is then exactly 0). */
const STD_FLOOR = 1e-4;

/**
 * (R - mean) / (std + 1e-4) within each group, with the sample standard deviation (n - 1), as torch.std.
 * @param rewards groups one after another, `size` (at least 2) samples each.
 */
export function groupAdvantages(rewards: ArrayLike<number>, size: number): Float32Array {
  const advantages = new Float32Array(rewards.length);
  for (let start = 0; start < rewards.length; start += size) {
    const { mean, std } = moments(rewards, start, size);
    // Equal rewards are tested by value: their mean need not equal them to the last bit, and 1e-17 / 1e-4 would be a gradient.
    if (isMixed(rewards, start, size))
      for (let i = start; i < start + size; i++) advantages[i] = ((rewards[i] ?? NaN) - mean) / (std + STD_FLOOR);
  }
  return advantages;
}

/** Share of groups whose samples do not all have the same reward. */
export function mixedGroups(rewards: ArrayLike<number>, size: number): number {
  let mixed = 0;
  for (let start = 0; start < rewards.length; start += size) if (isMixed(rewards, start, size)) mixed++;
  return mixed / (rewards.length / size);
}

/** 1 for each token up to and including the first `eos` of its row, 0 after it; a row without `eos` counts whole. */
export function responseMask(response: Int32Array, width: number, eos: number): Float32Array {
  const mask = new Float32Array(response.length);
  for (let row = 0; row < response.length; row += width)
    for (let t = row; t < row + width; t++) {
      mask[t] = 1;
      if (response[t] === eos) break;
    }
  return mask;
}

function isMixed(rewards: ArrayLike<number>, start: number, size: number): boolean {
  for (let i = start + 1; i < start + size; i++) if (rewards[i] !== rewards[start]) return true;
  return false;
}

function moments(values: ArrayLike<number>, start: number, size: number): { mean: number; std: number } {
  let sum = 0;
  for (let i = start; i < start + size; i++) sum += values[i] ?? NaN;
  const mean = sum / size;
  let squares = 0;
  for (let i = start; i < start + size; i++) squares += ((values[i] ?? NaN) - mean) ** 2;
  return { mean, std: Math.sqrt(squares / (size - 1)) };
}
