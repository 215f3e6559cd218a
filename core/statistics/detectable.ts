/** How large a difference must be for this much data to show it: printed beside "no difference", which says little without it. */
import { tOf, zOf } from './quantiles.js';

/** Share of studies that would find a difference of this size. */
export const POWER = 0.8;

/** @param error standard error of the difference @param degrees Infinity for a normal one */
export function detectableDifference(error: number, degrees = Infinity, confidence = 0.95, power = POWER): number {
  const quantile = (share: number): number => {
    const twoSided = 2 * share - 1;
    return Number.isFinite(degrees) ? tOf(twoSided, degrees) : zOf(twoSided);
  };
  return (quantile((1 + confidence) / 2) + quantile(power)) * error;
}

/** Of a comparison with this interval: the standard error is half its width over its quantile. */
export function detectableOf(interval: { low: number; high: number; confidence: number }, degrees = Infinity): number {
  const quantile = Number.isFinite(degrees) ? tOf(interval.confidence, degrees) : zOf(interval.confidence);
  return detectableDifference((interval.high - interval.low) / 2 / quantile, degrees, interval.confidence);
}
