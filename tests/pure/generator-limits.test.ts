/** Limits and waits of generators, with a clock that a test moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs, waitMs, type Clock } from '../../generators/clock.js';
import { createHealth, type Health } from '../../generators/health.js';
import { createRate } from '../../generators/rate.js';
import { createSlots, type Slot } from '../../generators/slots.js';
import { createSpending } from '../../generators/spending.js';

const signal = new AbortController().signal;

/** Sleeping moves it, at once. */
function quickClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 1.5 ', 1_500],
    ['Wed, 25 Nov 2026 00:00:10 GMT', 10_000],
    ['Tue, 24 Nov 2026 00:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
    ['-3', null],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfterMs(header, Date.parse('2026-11-25T00:00:00Z'))).toBe(ms);
  });
});

describe('Waits', () => {
  it('grow twofold up to the most, anywhere below', () => {
    const backOff = { first_seconds: 0.5, most_seconds: 30 };
    expect([1, 2, 3, 7, 50].map((n) => waitMs(backOff, n, () => 1))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
    expect(waitMs(backOff, 5, () => 0)).toBe(0);
  });
});

describe('Slots', () => {
  const take = async (slots: ReturnType<typeof createSlots>, count: number): Promise<Slot[]> =>
    Promise.all(Array.from({ length: count }, () => slots.acquire(signal)));

  it('halve once for all that was in flight, and grow by one after a round of answers', async () => {
    const slots = createSlots(16);
    for (const slot of await take(slots, 16)) slot.release('overloaded');
    expect(slots.limit).toBe(8);
    for (const slot of await take(slots, 8)) slot.release('answered');
    expect(slots.limit).toBe(9);
    for (let i = 0; i < 6; i += 1) (await slots.acquire(signal)).release('overloaded');
    expect(slots.limit).toBe(1);
    for (let i = 0; i < 500; i += 1) (await slots.acquire(signal)).release('answered');
    expect(slots.limit).toBe(16);
  });

  it('are never exceeded, and nobody is forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('answered' as const, 'overloaded' as const, 'other' as const), { maxLength: 60 }),
        async (most, ends) => {
          const slots = createSlots(most);
          let inFlight = 0;
          await Promise.all(
            ends.map(async (how, i) => {
              const slot = await slots.acquire(signal, i % 3 === 0);
              inFlight += 1;
              expect(inFlight).toBeLessThanOrEqual(most);
              await Promise.resolve();
              inFlight -= 1;
              slot.release(how);
            }),
          );
          expect(inFlight).toBe(0);
        },
      ),
    );
  });

  it('let who comes again go first, and who is cancelled go', async () => {
    const slots = createSlots(1);
    const held = await slots.acquire(signal);
    const order: string[] = [];
    const enter = (name: string, again: boolean, of = signal): Promise<void> =>
      slots.acquire(of, again).then(
        (slot) => {
          order.push(name);
          slot.release('answered');
        },
        () => void order.push(`${name} left`),
      );
    const stop = new AbortController();
    const all = [enter('new', false), enter('cancelled', false, stop.signal), enter('again', true)];
    stop.abort(new Error('stop'));
    held.release('other');
    await Promise.all(all);
    expect(order).toEqual(['cancelled left', 'again', 'new']);
  });
});

describe('A rate', () => {
  it('is never passed, over any minute', async () => {
    const clock = quickClock();
    const rate = createRate(60, clock);
    const at: number[] = [];
    for (let i = 0; i < 300; i += 1) {
      await rate.take(1, signal);
      at.push(clock.now());
    }
    // 60 a minute, and the two seconds' worth that may come at once after a rest.
    for (const [i, start] of at.entries())
      expect(at.slice(i).filter((time) => time < start + 60_000).length).toBeLessThanOrEqual(63);
    expect(clock.now()).toBeGreaterThan(290_000);
    rate.giveBack(100);
    const before = clock.now();
    await rate.take(1, signal);
    expect(clock.now()).toBe(before);
  });
});

describe('Spending', () => {
  const price = { currency: 'USD', prompt_million: 1e6, completion_million: 1e6 };

  it('counts what is in flight, and gives back what was not used', () => {
    const spending = createSpending('g', price, 10);
    const a = spending.reserve({ prompt_tokens: 4, completion_tokens: 2 });
    expect(() => spending.reserve({ prompt_tokens: 4, completion_tokens: 1 })).toThrow(/6\.0000 in flight/u);
    a.settle({ prompt_tokens: 1, completion_tokens: 1 });
    spending.reserve({ prompt_tokens: 4, completion_tokens: 4 }).settle(null);
    expect(spending.spent()).toEqual({ requests: 2, prompt_tokens: 1, completion_tokens: 1, cost: 2 });
    expect(createSpending('g', undefined, undefined).spent().cost).toBeNull();
  });
});

describe('Health', () => {
  const health = (probe: () => Promise<string | null>, clock = quickClock()): Health =>
    createHealth({
      ...{ probe, clock, what: 'it', closed: signal },
      backOff: { first_seconds: 1, most_seconds: 8 },
      patienceMs: 60_000,
    });

  it('probes after five failures in a row, and tells those who wait', async () => {
    let probes = 0;
    const it = health(() => Promise.resolve((probes += 1) < 3 ? 'no' : null));
    for (let i = 0; i < 4; i += 1) it.failed('x');
    await it.open(signal);
    it.alive(true);
    for (let i = 0; i < 4; i += 1) it.failed('x');
    await it.open(signal);
    expect(probes).toBe(0);
    it.failed('x');
    await it.open(signal);
    expect(probes).toBe(3);
    const never = health(() => Promise.resolve('hangs'));
    for (let i = 0; i < 5; i += 1) never.failed('x');
    await expect(never.open(signal)).rejects.toMatchObject({ type: 'EndpointDown' });
    // Then a person has answered.
    await never.open(signal);
  });

  it('waits as long as it is asked to, once for all that was in flight, but not for ever', async () => {
    const clock = quickClock();
    const it = health(() => Promise.resolve(null), clock);
    for (let i = 0; i < 16; i += 1) it.throttled(5_000, 'slow down');
    await it.open(signal);
    expect(clock.now()).toBeGreaterThanOrEqual(5_000);
    expect(clock.now()).toBeLessThan(6_000);
    expect(() => {
      for (let i = 0; i < 20; i += 1) it.throttled((i + 1) * 10_000, 'slow down');
    }).toThrow(/too many requests/u);
  });

  it('is down when questions are given up one after another, however well probes go', () => {
    const it = health(() => Promise.resolve(null));
    for (let i = 0; i < 9; i += 1) it.gaveUp('x');
    it.alive(true);
    for (let i = 0; i < 9; i += 1) it.gaveUp('x');
    expect(() => it.gaveUp('x')).toThrow(/answers probes/u);
  });
});
