/** Data order and random numbers of the onnx trainer: functions of seed and position, nothing else. */
import { describe, expect, test } from 'vitest';
import { DataOrder, promptIdsSha256, type Order } from '../../trainers/onnx/data-order.js';
import { sha256Hex } from '../../core/canonical-json.js';
import { derivedGenerator, fillGumbel, fillNormal, permutation } from '../../trainers/onnx/random.js';

const rows = Array.from({ length: 7 }, (_, i) => ({ id: `row-${i}`, passRate: [0.5, 1, 0, 0.5, 0.25, 1, 0.75][i] }));
const ids = (order: Order, seed: number, step: number, size: number): string[] =>
  new DataOrder(rows, order, seed).batch(step, size).map(({ id }) => id);

describe('DataOrder', () => {
  test('every pass of a shuffled order holds each row once; batches straddle passes', () => {
    const stream = Array.from({ length: 7 }, (_, i) => ids('shuffled', 1, i + 1, 4)).flat();
    const passes = [0, 1, 2, 3].map((pass) => stream.slice(7 * pass, 7 * pass + 7));
    for (const pass of passes) expect(pass.toSorted()).toEqual(rows.map(({ id }) => id));
    expect(new Set(passes.map((pass) => pass.join())).size).toBe(4);
  });

  test('a step has its rows whether or not the steps before were asked for', () => {
    const order = new DataOrder(rows, 'shuffled', 1);
    const inTurn = Array.from({ length: 9 }, (_, i) => order.batch(i + 1, 3));
    for (const [i, batch] of inTurn.entries())
      expect(new DataOrder(rows, 'shuffled', 1).batch(i + 1, 3)).toEqual(batch);
  });

  test('another seed is another order', () => {
    expect(ids('shuffled', 2, 1, 7)).not.toEqual(ids('shuffled', 1, 1, 7));
  });

  test('file order repeats; order by difficulty keeps the file’s order among equals', () => {
    expect(ids('file', 1, 2, 5)).toEqual(['row-5', 'row-6', 'row-0', 'row-1', 'row-2']);
    expect(ids('easy_to_hard', 1, 1, 7).map((id) => id.at(-1))).toEqual(['1', '5', '6', '0', '3', '4', '2']);
    expect(ids('hard_to_easy', 1, 1, 7).map((id) => id.at(-1))).toEqual(['2', '4', '0', '3', '6', '1', '5']);
  });

  test('difficulty without a pass rate names the row', () => {
    expect(() => new DataOrder([...rows, { id: 'blank' }], 'easy_to_hard', 1)).toThrow(/blank.*pass_rate/);
  });

  test('the position says what is consumed and which pass comes next', () => {
    const order = new DataOrder(rows, 'shuffled', 1);
    expect(order.position(0, 4)).toEqual({ rows: 0, pass: 0 });
    expect(order.position(1, 4)).toEqual({ rows: 4, pass: 0 });
    expect(order.position(7, 4)).toEqual({ rows: 28, pass: 4 });
  });

  test('the hash of ids depends on their order', () => {
    expect(promptIdsSha256(rows.slice(0, 2))).toBe(sha256Hex('row-0\nrow-1'));
    expect(promptIdsSha256(rows.slice(0, 2).toReversed())).not.toBe(promptIdsSha256(rows.slice(0, 2)));
  });
});

describe('random', () => {
  const draw = (seed: number, purpose: 'order' | 'rollout', position: number): number[] => {
    const random = derivedGenerator(seed, purpose, position);
    return [random.next(), random.next()];
  };

  test('seed, purpose and position each select another stream, and the same one again', () => {
    expect(draw(1, 'order', 2)).toEqual(draw(1, 'order', 2));
    for (const other of [draw(2, 'order', 2), draw(1, 'rollout', 2), draw(1, 'order', 3), draw(12, 'order', 0)])
      expect(other).not.toEqual(draw(1, 'order', 2));
  });

  test('a stream never changes: stored checkpoints depend on it', () => {
    expect(draw(1, 'order', 0)).toMatchInlineSnapshot(`
      [
        1208063068,
        1718460829,
      ]
    `);
    expect([...permutation(8, derivedGenerator(1, 'order', 0))]).toMatchInlineSnapshot(`
      [
        0,
        7,
        2,
        1,
        6,
        5,
        3,
        4,
      ]
    `);
  });

  test('noise has the moments of its distribution', () => {
    const n = 200_000;
    const values = new Float32Array(n);
    const moments = (): [number, number] => {
      const mean = values.reduce((sum, x) => sum + x, 0) / n;
      return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n];
    };
    fillGumbel(values, derivedGenerator(1, 'test/gumbel', 0));
    const [gumbelMean, gumbelVariance] = moments();
    // Five standard errors: sqrt(pi^2 / 6 / n) = 0.0029; of the variance (kurtosis 5.4) sqrt(4.4 / n) * 1.645 = 0.0077.
    expect(Math.abs(gumbelMean - 0.5772157)).toBeLessThan(0.0145);
    expect(Math.abs(gumbelVariance - Math.PI ** 2 / 6)).toBeLessThan(0.039);
    fillNormal(values, 3, derivedGenerator(1, 'test/normal', 0));
    const [mean, variance] = moments();
    expect(Math.abs(mean)).toBeLessThan(5 * (3 / Math.sqrt(n)));
    expect(Math.abs(variance - 9)).toBeLessThan(5 * 9 * Math.sqrt(2 / n));
  });
});
