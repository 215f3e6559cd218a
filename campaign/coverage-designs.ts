/** Made-up data with known truth, for the designs that reports use: does an interval of 95 % hold the truth 95 times of 100? Seeded. */
import { normals, unit, type RandomGenerator } from '../core/digits/random.js';
import { bootstrap } from '../core/statistics/bootstrap.js';
import type { Comparison, Estimate, NotOffered } from '../core/statistics/estimate.js';
import { mean } from '../core/statistics/moments.js';
import { compareItems, type Pair } from '../core/statistics/paired-items.js';
import { compareSeeds } from '../core/statistics/paired-seeds.js';
import { shareInterval } from '../core/statistics/share.js';

export interface Design {
  readonly name: string;
  readonly truth: number;
  draw(random: RandomGenerator): Estimate | Comparison | NotOffered;
}

const ITEMS = 500;
const OF_CLUSTER = 4;
const SEEDS = 10;
/** What items of a cluster share shifts the logit of their chance. */
const logit = (p: number): number => Math.log(p / (1 - p));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const normal = (random: RandomGenerator): number => normals(random, 1)[0] ?? 0;

/** Mean over clusters of a logit-normal share, by quadrature: the truth of `clustered` and `paired` designs. */
function meanShare(p: number, spread: number): number {
  const steps = 2_000;
  let total = 0;
  let weight = 0;
  for (let i = 0; i <= steps; i += 1) {
    const z = -8 + (16 * i) / steps;
    const density = Math.exp((-z * z) / 2);
    total += density * logistic(logit(p) + spread * z);
    weight += density;
  }
  return total / weight;
}

const independent = (p: number): Design => ({
  name: `accuracy, ${ITEMS} items, p ${p}`,
  truth: p,
  draw: (random) => shareInterval(Array.from({ length: ITEMS }, () => ({ value: Number(unit(random) < p) }))),
});

const clustered = (p: number, spread: number): Design => ({
  name: `accuracy, ${ITEMS} items, ${OF_CLUSTER} an image, p ${p}, spread ${spread}`,
  truth: meanShare(p, spread),
  draw: (random) =>
    shareInterval(
      Array.from({ length: ITEMS / OF_CLUSTER }, (_, group) => {
        const share = logistic(logit(p) + spread * normal(random));
        return Array.from({ length: OF_CLUSTER }, () => ({ value: Number(unit(random) < share), cluster: `${group}` }));
      }).flat(),
    ),
});

/** Two models that find the same images hard; `shift` in logits. */
export function drawPairs(random: RandomGenerator, p: number, shift: number, spread: number, size: number): Pair[] {
  return Array.from({ length: ITEMS / size }, (_, group) => {
    const hard = spread * normal(random);
    return Array.from({ length: size }, () => ({
      a: Number(unit(random) < logistic(logit(p) + hard)),
      b: Number(unit(random) < logistic(logit(p) + shift + hard)),
      ...(size === 1 ? {} : { cluster: `${group}` }),
    }));
  }).flat();
}

const paired = (p: number, shift: number, size: number): Design => {
  const spread = 1;
  return {
    name: `difference, ${ITEMS} items${size === 1 ? '' : `, ${size} an image`}, p ${p}, shift ${shift}`,
    truth: meanShare(logistic(logit(p) + shift), spread) - meanShare(p, spread),
    draw: (random) => compareItems(drawPairs(random, p, shift, spread, size)),
  };
};

const seeds = (effect: number): Design => ({
  name: `difference over ${SEEDS} paired seeds, effect ${effect}`,
  truth: effect,
  draw: (random) => compareSeeds([...normals(random, SEEDS)].map((x) => effect + 0.05 * x)),
});

/** Trace lengths: log-normal, clusters share a part. */
const lengths = (): Design => ({
  name: `mean trace length, bootstrap, ${ITEMS} items, ${OF_CLUSTER} an image`,
  truth: Math.exp(3 + 0.5 ** 2 / 2),
  draw: (random) => {
    const clusters = Array.from({ length: ITEMS / OF_CLUSTER }, () => {
      const shared = normal(random) * 0.3;
      return Array.from({ length: OF_CLUSTER }, () => Math.exp(3 + shared + 0.4 * normal(random)));
    });
    return bootstrap(clusters, mean, { seed: Math.floor(unit(random) * 2 ** 31), resamples: 500 });
  },
});

const SHARES = [0.2, 0.5, 0.8, 0.9];
export const DESIGNS: readonly Design[] = [
  ...SHARES.map(independent),
  ...SHARES.flatMap((p) => [clustered(p, 0.5), clustered(p, 1.5)]),
  ...SHARES.flatMap((p) => [paired(p, 0, 1), paired(p, 0.3, 1), paired(p, 0, OF_CLUSTER), paired(p, 0.3, OF_CLUSTER)]),
  seeds(0),
  seeds(0.1),
  lengths(),
];
