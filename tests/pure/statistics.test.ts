/** Intervals and comparisons: worked values from the papers' formulas, and what must hold for any data. Coverage: `npm run coverage`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverageOf, falseAlarms } from '../../campaign/coverage-run.js';
import { DESIGNS } from '../../campaign/coverage-designs.js';
import { bootstrap } from '../../core/statistics/bootstrap.js';
import { varianceOfClusteredMean } from '../../core/statistics/clusters.js';
import { detectableDifference, detectableOf } from '../../core/statistics/detectable.js';
import { isOffered, type Estimate, type NotOffered } from '../../core/statistics/estimate.js';
import { holm } from '../../core/statistics/holm.js';
import { mean } from '../../core/statistics/moments.js';
import { compareItems, mcnemarMidP, type Pair } from '../../core/statistics/paired-items.js';
import { compareSeeds } from '../../core/statistics/paired-seeds.js';
import { shareInterval } from '../../core/statistics/share.js';

function offered<T extends Estimate>(result: T | NotOffered): T {
  if (!isOffered(result)) throw new Error(result.notOffered);
  return result;
}
const repeated = (n: number, pair: Pair): Pair[] => Array.from({ length: n }, () => pair);
const items = (right: number, n: number) => Array.from({ length: n }, (_, i) => ({ value: Number(i < right) }));

describe('worked values', () => {
  it('one accuracy: Wilson at 95 %', () => {
    // 81 of 263: Newcombe 1998, table I, method 3.
    const { low, high, n } = offered(shareInterval(items(81, 263)));
    expect([low, high]).toEqual([expect.closeTo(0.2553, 4), expect.closeTo(0.3662, 4)]);
    expect(n).toBe(263);
  });

  it('McNemar mid-p of 2 against 10 discordant pairs', () => {
    // 2 P(X <= 2 | 12, 1/2) - P(X = 2) = (2 * 79 - 66) / 4096
    expect(mcnemarMidP(10, 2)).toBeCloseTo(92 / 4096, 12);
    expect(mcnemarMidP(2, 10)).toBe(mcnemarMidP(10, 2));
    expect(mcnemarMidP(0, 0)).toBe(1);
    expect(mcnemarMidP(6, 0)).toBeCloseTo(1 / 64, 12);
  });

  it('difference of two models on the same items: Bonett and Price', () => {
    // 7 gained, 1 lost of 21: 6/23 +- 1.96 sqrt((10/23 - (6/23)^2) / 23) = 0.26087 +- 0.24749
    const pairs = [
      ...repeated(1, { a: 1, b: 1 }),
      ...repeated(1, { a: 1, b: 0 }),
      ...repeated(7, { a: 0, b: 1 }),
      ...repeated(12, { a: 0, b: 0 }),
    ];
    const { low, high, estimate } = offered(compareItems(pairs));
    expect(estimate).toBeCloseTo(6 / 21, 12);
    expect([low, high]).toEqual([expect.closeTo(0.01338, 4), expect.closeTo(0.50836, 4)]);
  });

  it('seeds: t interval and t test', () => {
    // t(4) of 0.1..0.5: mean 0.3, s 0.1581, t 4.2426, p 0.0132
    const { low, high, p } = offered(compareSeeds([0.1, 0.2, 0.3, 0.4, 0.5]));
    expect([low, high]).toEqual([expect.closeTo(0.10368, 4), expect.closeTo(0.49632, 4)]);
    expect(p).toBeCloseTo(0.01324, 4);
  });

  it('Holm', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(() => holm([1.2])).toThrow('no p value: 1.2');
  });

  it('detectable difference: 2.80 standard errors at 80 % power', () => {
    expect(detectableDifference(1)).toBeCloseTo(2.8016, 3);
    expect(detectableOf({ low: -1.959964, high: 1.959964, confidence: 0.95 })).toBeCloseTo(2.8016, 3);
    expect(detectableDifference(1, 9)).toBeGreaterThan(detectableDifference(1));
  });

  it('clusters: four equal items an image are one item', () => {
    const single = Array.from({ length: 40 }, (_, i) => [Number(i % 3 === 0)]);
    const fourfold = single.map(([value = 0]) => [value, value, value, value]);
    expect(varianceOfClusteredMean(fourfold)).toBeCloseTo(varianceOfClusteredMean(single), 12);
    const wide = offered(
      shareInterval(fourfold.flatMap((group, i) => group.map((value) => ({ value, cluster: `${i}` })))),
    );
    const narrow = offered(shareInterval(fourfold.flat().map((value) => ({ value }))));
    expect(wide.high - wide.low).toBeGreaterThan(1.8 * (narrow.high - narrow.low));
  });
});

describe('not offered where it would not hold', () => {
  it.each([
    [
      shareInterval(Array.from({ length: 40 }, (_, i) => ({ value: i % 2, cluster: `${i % 10}` }))),
      '10 groups of items',
    ],
    [compareItems(repeated(5, { a: 0, b: 1 })), '5 items'],
    [compareSeeds([0.1, 0.2]), '2 seeds'],
    [bootstrap([[1], [2]], mean, { seed: 1 }), '2 independent items'],
  ])('%#', (result, why) => {
    expect(isOffered(result)).toBe(false);
    expect(result).toEqual({ notOffered: expect.stringContaining(why) as string });
  });
});

const pairs = fc.array(
  fc.record({
    a: fc.constantFrom(0, 1),
    b: fc.constantFrom(0, 1),
    cluster: fc.option(fc.nat(60).map(String), { nil: undefined }),
  }),
  { minLength: 120, maxLength: 400 },
);

describe('for any data', () => {
  it('an interval of an accuracy lies in 0 to 1 and holds it; the order of items changes nothing', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const found = offered(shareInterval(rows.map(({ a, cluster }) => ({ value: a, cluster }))));
        expect(found.low).toBeGreaterThanOrEqual(0);
        expect(found.high).toBeLessThanOrEqual(1);
        expect(found.low).toBeLessThanOrEqual(found.estimate + 1e-12);
        expect(found.high).toBeGreaterThanOrEqual(found.estimate - 1e-12);
        const back = offered(shareInterval(rows.map(({ a, cluster }) => ({ value: a, cluster })).reverse()));
        expect(back.low).toBeCloseTo(found.low, 9);
      }),
      { numRuns: 100 },
    );
  });

  it('a difference turned round is its negative, with the same p; equal models differ by nothing', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const found = offered(compareItems(rows));
        const turned = offered(compareItems(rows.map(({ a, b, cluster }) => ({ a: b, b: a, cluster }))));
        expect(turned.estimate).toBeCloseTo(-found.estimate, 12);
        expect(turned.low).toBeCloseTo(-found.high, 9);
        expect(turned.p).toBeCloseTo(found.p, 9);
        const same = offered(compareItems(rows.map(({ a, cluster }) => ({ a, b: a, cluster }))));
        expect([same.estimate, same.p]).toEqual([0, 1]);
      }),
      { numRuns: 100 },
    );
  });

  it('the bootstrap is the same for the same seed and another for another', () => {
    const clusters = Array.from({ length: 60 }, (_, i) => [i % 7, (i * i) % 11]);
    const [one, two, three] = [1, 1, 2].map((seed) => offered(bootstrap(clusters, mean, { seed })));
    expect(one).toEqual(two);
    expect(three?.low).not.toBe(one?.low);
    expect(one).toMatchObject({ n: 120, clusters: 60, method: 'bootstrap' });
  });
});

it.each(DESIGNS.filter(({ name }) => /p 0\.8|seeds/u.test(name)))('holds what it promises: $name', (design) => {
  const { coverage } = coverageOf(design, 7, 400);
  // 400 times: three standard errors of the simulation beside the 93 to 97 % that `npm run coverage` demands.
  expect(coverage).toBeGreaterThan(0.917);
  expect(coverage).toBeLessThan(0.983);
});

it('comparisons of equal models: corrected ones rarely cry wolf, uncorrected ones often', () => {
  const { plain, corrected } = falseAlarms(10, 1, 7, 200);
  expect(plain).toBeGreaterThan(0.2);
  expect(corrected).toBeLessThan(0.1);
});
