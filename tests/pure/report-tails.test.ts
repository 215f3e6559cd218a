/** Which steps of which attempt count, and which were overtaken. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { countedLines, splitAttempts } from '../../cli/report/tails.js';
import { madeLine, madePlan, madeRecipe } from '../support/made-runs.js';

const [stage] = madePlan(madeRecipe()).stages;
if (stage === undefined) throw new Error('no stage');
const lines = (from: number, to: number): ReturnType<typeof madeLine>[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => madeLine(stage, from + i + 1));
const attempt = (epoch: number, from: readonly [epoch: number, step: number] | null, to: number) => ({
  claim: { epoch, resume_from: from === null ? null : { epoch: from[0], step: from[1] } },
  lines: lines(from?.[1] ?? 0, to),
});
const shown = (attempts: readonly ReturnType<typeof attempt>[], upTo?: number): string[] =>
  splitAttempts(attempts, upTo).map(({ epoch, counted, tail }) => {
    const range = (part: typeof counted): string =>
      part.length === 0 ? '–' : `${part[0]?.step}..${part.at(-1)?.step}`;
    return `${epoch}: ${range(counted)} | ${range(tail)}`;
  });

describe('tails', () => {
  it('one attempt counts whole', () => {
    expect(shown([attempt(1, null, 9)])).toEqual(['1: 1..9 | –']);
  });

  it('what was trained beyond the checkpoint that the next one resumed from is a tail', () => {
    expect(shown([attempt(1, null, 37), attempt(2, [1, 20], 58), attempt(3, [2, 50], 80)])).toEqual([
      '1: 1..20 | 21..37',
      '2: 21..50 | 51..58',
      '3: 51..80 | –',
    ]);
  });

  it('an attempt that was passed over is a tail from where its origin was gone on from', () => {
    // The third resumes from the first: nothing of the second counts.
    expect(shown([attempt(1, null, 30), attempt(2, [1, 20], 45), attempt(3, [1, 10], 80)])).toEqual([
      '1: 1..10 | 11..30',
      '2: – | 21..45',
      '3: 11..80 | –',
    ]);
  });

  it('a restart leaves all before it behind', () => {
    expect(shown([attempt(1, null, 30), attempt(2, null, 5)])).toEqual(['1: – | 1..30', '2: 1..5 | –']);
  });

  it('a stage that another one goes on from counts up to there, also before its last attempt', () => {
    const attempts = [attempt(1, null, 37), attempt(2, [1, 20], 58)];
    expect(shown(attempts, 40)).toEqual(['1: 1..20 | 21..37', '2: 21..40 | 41..58']);
    expect(shown(attempts, 15)).toEqual(['1: 1..15 | 16..37', '2: – | 21..58']);
  });

  it('a claim that resumes from itself or from what is not there ends the lineage', () => {
    expect(shown([attempt(2, [2, 5], 9)])).toEqual(['2: 6..9 | –']);
    expect(shown([attempt(4, [3, 5], 9)])).toEqual(['4: 6..9 | –']);
  });

  it('each trained line is in one part, and each step counts once', () => {
    const runs = fc.array(fc.record({ back: fc.nat(3), keep: fc.nat(40), more: fc.integer({ min: 1, max: 30 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(runs, fc.option(fc.nat(60), { nil: undefined }), (made, upTo) => {
        const attempts: ReturnType<typeof attempt>[] = [];
        for (const { back, keep, more } of made) {
          const from = attempts[attempts.length - 1 - back];
          const last = from?.lines.at(-1)?.step ?? 0;
          const step = from === undefined ? 0 : Math.max(from.claim.resume_from?.step ?? 0, Math.min(keep, last));
          attempts.push(
            attempt(
              attempts.length + 1,
              from === undefined || step === 0 ? null : [from.claim.epoch, step],
              step + more,
            ),
          );
        }
        const splits = splitAttempts(attempts, upTo);
        splits.forEach((split, i) =>
          expect([...split.counted, ...split.tail].map((line) => line.step).sort((a, b) => a - b)).toEqual(
            attempts[i]?.lines.map((line) => line.step),
          ),
        );
        const steps = countedLines(splits).map((line) => line.step);
        const last = Math.min(upTo ?? Infinity, attempts.at(-1)?.lines.at(-1)?.step ?? 0);
        expect(steps).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      }),
    );
  });
});
