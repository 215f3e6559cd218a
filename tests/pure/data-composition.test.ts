/** An order that lasts over several passes: every row its share, the last rows never lost, files of whole batches. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compose, copyId, spread, whySpoiled, type CompositionSettings } from '../../core/data/composition.js';
import { levelsByPassRate } from '../../core/order.js';
import { DataOrder } from '../../trainers/onnx/data-order.js';

const inShort = (levels: string[][], total: number): string =>
  Array.from(spread(levels, total), ({ row, copy }) => `${row}${copy === 0 ? '' : copy}`).join(' ');

describe('spreading levels over a number of places', () => {
  test.each<[string[][], number, string]>([
    [[['a', 'b'], ['c']], 3, 'a b c'],
    [[['a', 'b'], ['c']], 6, 'a b a1 b1 c c1'],
    [[['a'], ['b'], ['c']], 9, 'a a1 a2 b b1 b2 c c1 c2'],
    [[['a', 'b', 'c']], 6, 'a b c a1 b1 c1'],
    [
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      6,
      'a b b1 c d d1',
    ],
    [[['a'], ['b'], ['c'], ['d']], 2, 'b d'],
    [[], 5, ''],
  ])('%j over %i', (levels, total, order) => {
    expect(inShort(levels, total)).toBe(order);
  });

  it('gives each row as many places as any other, or one more, level after level, and the last row one at least', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 100 }), (lengths, total) => {
        const levels = lengths.map((length, level) => Array.from({ length }, (_, i) => ({ level, i })));
        const all = [...spread(levels, total)];
        const rows = levels.flat();
        expect(all.length).toBe(total);
        const counts = rows.map((row) => all.filter((one) => one.row === row).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.at(-1)).toBe(Math.ceil(total / rows.length));
        for (const [i, one] of all.entries()) expect(one.row.level).toBeGreaterThanOrEqual(all[i - 1]?.row.level ?? 0);
        // Each copy has a name of its own.
        expect(new Set(all.map(({ row, copy }) => `${row.level} ${row.i} ${copy}`)).size).toBe(total);
      }),
    );
  });
});

const set = (name: string, ...rates: number[]) => rates.map((passRate, i) => ({ id: `${name}${i}`, passRate }));
const file = (sets: ReturnType<typeof set>[], settings: Partial<CompositionSettings> = {}): string[] =>
  Array.from(compose(sets, { order: 'easy_to_hard', epochs: 1, wholeBatchesOf: null, ...settings }), ({ row, copy }) =>
    copyId(row.id, copy),
  );

describe('one file of several sets', () => {
  const sets = [set('p', 0.25, 0.75, 0.5), set('v', 1, 0)];
  it('holds one set after the other, each from easy to hard', () => {
    expect(file(sets)).toEqual(['p1', 'p2', 'p0', 'v0', 'v1']);
    expect(file(sets, { order: 'hard_to_easy' })).toEqual(['p0', 'p2', 'p1', 'v1', 'v0']);
    expect(file(sets, { order: 'file' })).toEqual(['p0', 'p1', 'p2', 'v0', 'v1']);
  });
  it('holds all epochs of a set before the next set begins', () => {
    expect(file(sets, { epochs: 2 })).toEqual([
      'p1',
      'p1-again1',
      'p2',
      'p2-again1',
      'p0',
      'p0-again1',
      'v0',
      'v0-again1',
      'v1',
      'v1-again1',
    ]);
    expect(file(sets, { order: 'file', epochs: 2 }).slice(0, 6)).toEqual([
      'p0',
      'p1',
      'p2',
      'p0-again1',
      'p1-again1',
      'p2-again1',
    ]);
  });
  it('is filled up at its start to whole batches: the hardest rows stay', () => {
    expect(file(sets, { wholeBatchesOf: 4 })).toEqual([
      'p1-again1',
      'p2-again1',
      'p0-again1',
      'p1',
      'p2',
      'p0',
      'v0',
      'v1',
    ]);
    expect(file(sets, { wholeBatchesOf: 5 })).toEqual(file(sets));
    expect(file([set('p', 1, 0)], { wholeBatchesOf: 7 })).toEqual([
      'p0-again1',
      'p1-again1',
      'p0-again2',
      'p1-again2',
      'p0-again3',
      'p0',
      'p1',
    ]);
    expect(file([[]], { wholeBatchesOf: 4 })).toEqual([]);
  });
  it('loses no row where the last incomplete batch is dropped, and uses no id twice', () => {
    const rates = fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        rates,
        rates,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        (a, b, epochs, batch) => {
          const ids = file([set('p', ...a), set('v', ...b)], { epochs, wholeBatchesOf: batch });
          expect(ids.length % batch).toBe(0);
          expect(ids.length).toBeLessThan((a.length + b.length) * epochs + batch);
          expect(new Set(ids).size).toBe(ids.length);
          for (const row of [...set('p', ...a), ...set('v', ...b)])
            expect(ids.filter((id) => id === row.id || id.startsWith(`${row.id}-`)).length).toBeGreaterThanOrEqual(
              epochs,
            );
        },
      ),
    );
  });
});

describe('what a trainer that reads rows as they stand does to an order', () => {
  it('is told where it goes over them more than once, or not to their end', () => {
    expect(whySpoiled('easy_to_hard', 100, 250)).toBe(
      'order easy_to_hard restarts: its steps go over the 100 rows 2.5 times, each time from the easiest again',
    );
    expect(whySpoiled('easy_to_hard', 100, 96)).toBe(
      'order easy_to_hard ends early: its steps take 96 of 100 rows, and the 4 hardest are never trained on',
    );
    expect(whySpoiled({ by: 'hard_to_easy', bands: [0.5] }, 100, 96)).toContain('the 4 easiest are never');
    for (const order of ['shuffled', 'file'] as const) expect(whySpoiled(order, 100, 250)).toBeNull();
    expect(whySpoiled('easy_to_hard', 100, 100)).toBeNull();
  });
});

describe('the embedded trainer', () => {
  const rows = Array.from({ length: 7 }, (_, i) => ({
    id: `r${i}`,
    passRate: [0.5, 1, 0, 0.5, 0.25, 1, 0.75][i] ?? 0,
  }));
  const [steps, size] = [6, 4];
  const stream = (order: DataOrder<(typeof rows)[number]>): (typeof rows)[number][] =>
    Array.from({ length: steps }, (_, i) => order.batch(i + 1, size)).flat();

  it('takes an order that is spread over all its steps one way only', () => {
    const all = stream(new DataOrder(rows, 'easy_to_hard', 1, steps * size));
    expect(all).toEqual(Array.from(spread(levelsByPassRate(rows, 'easy_to_hard'), steps * size), ({ row }) => row));
    for (const [i, row] of all.entries()) expect(row.passRate).toBeLessThanOrEqual(all[i - 1]?.passRate ?? 1);
    expect(all.at(-1)?.id).toBe('r2');
  });
  it('begins anew in each pass otherwise, as before', () => {
    const all = stream(new DataOrder(rows, 'easy_to_hard', 1));
    expect(all.slice(7, 14)).toEqual(all.slice(0, 7));
  });
  it('spreads only what pass rates order', () => {
    for (const order of ['shuffled', 'file'] as const)
      expect(stream(new DataOrder(rows, order, 1, steps * size))).toEqual(stream(new DataOrder(rows, order, 1)));
  });
});
