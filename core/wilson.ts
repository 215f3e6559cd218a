/** Wilson score interval of a share: what accuracies are shown with. Good also near 0 and 1 and for small n. */

/** 97.5 % point of the normal distribution: a 95 % interval. */
const Z = 1.959963984540054;

/** Both ends are in 0 to 1. @throws RangeError unless 0 <= correct <= n and n > 0 */
export function wilsonInterval(correct: number, n: number, z = Z): readonly [low: number, high: number] {
  if (!(n > 0 && correct >= 0 && correct <= n)) throw new RangeError(`no share: ${correct} of ${n}`);
  const share = correct / n;
  const z2 = z * z;
  const middle = share + z2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  const scale = 1 + z2 / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
