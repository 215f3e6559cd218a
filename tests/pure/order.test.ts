/** Rows by pass rate: easy first or last, ties and bands as the file has them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byPassRate, describeOrder, difficultyOf, orderSchema, type Order } from '../../core/order.js';

const rows = [0.5, 0, 1, 0.5, 0.25].map((passRate, i) => ({ id: `r${i}`, passRate }));
const ids = (order: Order): string[] => byPassRate(rows, order).map(({ id }) => id);

describe('order by difficulty', () => {
  it('easy is a pass rate of 1; ties keep the order of the file', () => {
    expect(ids('easy_to_hard')).toEqual(['r2', 'r0', 'r3', 'r4', 'r1']);
    expect(ids('hard_to_easy')).toEqual(['r1', 'r4', 'r0', 'r3', 'r2']);
  });

  it('rows of one band keep the order of the file, and an edge belongs to the band above it', () => {
    expect(ids({ by: 'easy_to_hard', bands: [0.5] })).toEqual(['r0', 'r2', 'r3', 'r1', 'r4']);
    expect(ids({ by: 'hard_to_easy', bands: [0.25, 0.75] })).toEqual(['r1', 'r0', 'r3', 'r4', 'r2']);
  });

  it('is a permutation, whatever the rates', () => {
    const rates = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rates, fc.constantFrom<Order>('easy_to_hard', 'hard_to_easy', 'file'), (all, order) => {
        const given = all.map((passRate, i) => ({ id: String(i), passRate }));
        const sorted = byPassRate(given, order);
        expect(sorted.map(({ id }) => id).sort()).toEqual(given.map(({ id }) => id).sort());
        const sign = order === 'hard_to_easy' ? 1 : -1;
        if (order !== 'file')
          for (const [i, row] of sorted.entries())
            expect(sign * row.passRate).toBeGreaterThanOrEqual(sign * (sorted[i - 1]?.passRate ?? row.passRate));
      }),
    );
  });

  it('names the first row without a pass rate; orders that need none do not ask', () => {
    const some = [{ id: 'a', passRate: 1 }, { id: 'b' }, { id: 'c' }];
    expect(() => byPassRate(some, 'easy_to_hard')).toThrow('row b has no pass_rate, which order easy_to_hard needs');
    expect(byPassRate(some, 'file')).toEqual(some);
    expect(difficultyOf('shuffled')).toBeNull();
  });

  it('edges of bands lie between 0 and 1 and rise', () => {
    expect(orderSchema.safeParse({ by: 'easy_to_hard', bands: [0.5, 0.5] }).success).toBe(false);
    expect(orderSchema.safeParse({ by: 'easy_to_hard', bands: [0.75, 0.25] }).success).toBe(false);
    expect(orderSchema.safeParse({ by: 'easy_to_hard', bands: [0] }).success).toBe(false);
    expect(orderSchema.safeParse({ by: 'easy_to_hard', bands: [] }).success).toBe(false);
    expect(describeOrder(orderSchema.parse({ by: 'easy_to_hard', bands: [0.25, 0.75] }))).toBe(
      'easy_to_hard in 3 bands',
    );
  });
});
