/** What a derivation gives: disjoint pools, exact shares, distinct rows, the same rows again. */
import { describe, expect, it } from 'vitest';
import { digitsDerivationSchema } from '../../core/digits/derivation.js';
import { digitsRows, sharesOf } from '../../core/digits/dataset.js';
import { splitPools } from '../../core/digits/pools.js';
import { paintScene, readScene, type DigitImages } from '../../core/digits/scene.js';
import { generatorFor } from '../../core/digits/random.js';
import { rowSchema } from '../../core/row.js';

const LABELS = Array.from({ length: 1797 }, (_, i) => (i * 7) % 10);
const IMAGES: DigitImages = {
  labels: LABELS,
  pixels: LABELS.map((_, i) => Uint8Array.from({ length: 64 }, (_, p) => (i + p) % 17)),
};
const derive = (over: object) =>
  digitsDerivationSchema.parse({
    generator: 'digits',
    version: 1,
    digits_sha256: '0'.repeat(64),
    split: 'rl',
    seed: 3,
    count: 60,
    mix: { at: 1, visual_sum: 1 },
    ...over,
  });
const digits = (over: object) => digitsRows(derive(over), IMAGES);

describe('pools', () => {
  it.each([1, 2, 1000])('seed %i: no image in two splits, every image in one, base balanced', (seed) => {
    const { base, rl, heldout } = splitPools(LABELS, seed);
    expect(new Set([...base, ...rl, ...heldout]).size).toBe(1797);
    expect(base.length + rl.length + heldout.length).toBe(1797);
    const few = base.slice(0, 40).map((image) => LABELS[image]);
    for (let digit = 0; digit < 10; digit++) expect(few.filter((label) => label === digit)).toHaveLength(4);
  });
  it('differ from seed to seed', () => {
    expect(splitPools(LABELS, 1).heldout).not.toEqual(splitPools(LABELS, 2).heldout);
  });
  it('an oversized pool is refused', () => {
    expect(() => digits({ split: 'base', images: 101 })).toThrow(/images: 101, but the base pool holds 100/);
  });
});

describe('digitsRows', () => {
  it('gives valid, distinct rows in exact shares', () => {
    const { rows } = digits({ count: 90, mix: { at: 1, describe: 1, text_sum: 1 } });
    expect(rows.map((row) => rowSchema.parse(row))).toHaveLength(90);
    expect(new Set(rows.map((row) => row.id)).size).toBe(90);
    expect(rows.filter((row) => row.kind === 'at')).toHaveLength(30);
    expect(sharesOf({ count: 10, mix: { at: 1, largest: 1, smallest: 1 } })).toEqual([
      ['at', 4],
      ['largest', 3],
      ['smallest', 3],
    ]);
  });
  it('repeats itself, and differs by seed', () => {
    expect(digits({}).rows).toEqual(digits({}).rows);
    expect([...digits({}).pictures()]).toEqual([...digits({}).pictures()]);
    expect(digits({}).rows).not.toEqual(digits({ seed: 4 }).rows);
  });
  it('asks the same questions of a kind first, whatever the mix', () => {
    const problem = (over: object) =>
      digits(over)
        .rows.filter((row) => row.kind === 'visual_sum' && row.id < 'rl-visual_sum-000020')
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(problem({ count: 20, mix: { visual_sum: 1 } })).toEqual(
      problem({ count: 90, mix: { visual_sum: 1, text_sum: 2 } }).slice(0, 20),
    );
  });
  it('repeats a scarce kind under new ids and the same pictures', () => {
    const { rows, pictures } = digits({ count: 64, mix: { visual_sum: 1 }, distinct: { visual_sum: 8 } });
    expect(new Set(rows.map((row) => row.problem + String(row.images))).size).toBe(8);
    expect(new Set(rows.map((row) => row.id)).size).toBe(64);
    expect([...pictures()]).toHaveLength(8);
  });
  it('shares scenes when told to', () => {
    const { rows, pictures } = digits({ count: 200, scenes: 10 });
    expect([...pictures()].length).toBeLessThanOrEqual(10);
    expect(new Set(rows.map((row) => row.problem + String(row.images))).size).toBe(200);
  });
  it('says so when there are not enough distinct questions', () => {
    expect(() => digits({ count: 6, scenes: 5, mix: { describe: 1 } })).toThrow(/no distinct "describe" question/);
  });
  it('mislabels as asked, and keeps the true digits', () => {
    const { rows } = digits({ count: 300, mix: { describe: 1 }, label_noise: 0.5 });
    const wrong = rows.flatMap((row) => {
      const named = row.answer
        .split(' ')
        .filter((_, i) => i % 2 === 1)
        .map(Number);
      return (row.meta?.digits as number[]).map((digit, i) => digit !== named[i]);
    });
    const share = wrong.filter(Boolean).length / wrong.length;
    expect(share).toBeGreaterThan(0.38); // 0.5 x 9 / 10 on 1,200 digits, four standard deviations each way
    expect(share).toBeLessThan(0.52);
  });
  it('an unknown setting is refused', () => {
    expect(() => derive({ noise: 1 })).toThrow(/noise/);
    expect(() => derive({ mix: { subtraction: 1 } })).toThrow();
    expect(() => derive({ mix: {} })).toThrow(/at least one kind/);
  });
});

describe('pictures', () => {
  it('give back the tiles in the order of the places, to half a grey level, without clipping', () => {
    const tiles = [0, 1, 2, 3].map((t) => Uint8Array.from({ length: 64 }, (_, i) => (t * 4 + i) % 17));
    const back = readScene(paintScene(tiles, 0, generatorFor('x')));
    tiles.forEach((tile, t) =>
      tile.forEach((v, i) => expect(Math.abs((back[t * 64 + i] ?? 9) - v / 16)).toBeLessThan(0.00393)),
    );
  });
  it('carry the camera noise that was asked for', () => {
    const tiles = [0, 1, 2, 3].map(() => new Uint8Array(64));
    const back = Array.from({ length: 40 }, (_, i) => [
      ...readScene(paintScene(tiles, 0.1, generatorFor('noise', i))),
    ]).flat();
    const std = Math.sqrt(back.reduce((sum, x) => sum + x * x, 0) / back.length);
    expect(std).toBeGreaterThan(0.098);
    expect(std).toBeLessThan(0.102);
  });
});
