/** Runs the designs: coverage of each interval, and how often comparisons of nothing are called a difference, with Holm and without. */
import { generatorFor } from '../core/digits/random.js';
import { isOffered } from '../core/statistics/estimate.js';
import { holm } from '../core/statistics/holm.js';
import { compareItems } from '../core/statistics/paired-items.js';
import { drawPairs, type Design } from './coverage-designs.js';

export interface Covered {
  readonly name: string;
  /** Share of intervals that hold the truth. */
  readonly coverage: number;
  readonly width: number;
  readonly times: number;
}

/** @throws Error for a design that is not offered: it would have no coverage to speak of */
export function coverageOf(design: Design, seed: number, times: number): Covered {
  const random = generatorFor('coverage', design.name, seed);
  let held = 0;
  let width = 0;
  for (let i = 0; i < times; i += 1) {
    const found = design.draw(random);
    if (!isOffered(found)) throw new Error(`${design.name}: ${found.notOffered}`);
    held += Number(found.low <= design.truth && design.truth <= found.high);
    width += found.high - found.low;
  }
  return { name: design.name, coverage: held / times, width: width / times, times };
}

export interface FalseAlarms {
  readonly cells: number;
  /** Share of families of comparisons in which any was called a difference although there is none. */
  readonly plain: number;
  readonly corrected: number;
  readonly times: number;
}

const ALPHA = 0.05;

/** Families of `cells` comparisons of equal models, items in clusters of `size`. */
export function falseAlarms(cells: number, size: number, seed: number, times: number): FalseAlarms {
  const random = generatorFor('false-alarms', cells, size, seed);
  let plain = 0;
  let corrected = 0;
  for (let i = 0; i < times; i += 1) {
    const p = Array.from({ length: cells }, () => {
      const found = compareItems(drawPairs(random, 0.6, 0, 1, size));
      return isOffered(found) ? found.p : 1;
    });
    plain += Number(p.some((value) => value < ALPHA));
    corrected += Number(holm(p).some((value) => value < ALPHA));
  }
  return { cells, plain: plain / times, corrected: corrected / times, times };
}
