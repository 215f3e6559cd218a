/**
 * What counts of a stage's training, and what was overtaken: the newest attempt's steps, before them those of the attempt that it
 * resumed from up to that step, and so on. All else is a superseded tail. Pure.
 */
import type { EpochClaim } from '../../core/checkpoint.js';
import type { MetricsLine } from '../../core/metrics.js';

interface Tried {
  readonly claim: Pick<EpochClaim, 'epoch' | 'resume_from'>;
  readonly lines: readonly MetricsLine[];
}
export interface Split {
  readonly epoch: number;
  /** In the order of steps, one line a step. */
  readonly counted: readonly MetricsLine[];
  /** Trained, but not part of what came out: beyond the step that the next attempt, or the next stage, goes on from. */
  readonly tail: readonly MetricsLine[];
}

/** @param upTo last step that counts: where an amended stage goes on, or whose weights were handed over. */
export function splitAttempts(attempts: readonly Tried[], upTo = Infinity): Split[] {
  const limits = new Map<number, number>();
  let limit = upTo;
  for (let at = newest(attempts); at !== undefined && !limits.has(at.claim.epoch);) {
    limits.set(at.claim.epoch, limit);
    const from = at.claim.resume_from;
    limit = Math.min(limit, from?.step ?? 0);
    at = from === null ? undefined : attempts.find((other) => other.claim.epoch === from.epoch);
  }
  return attempts.map(({ claim: { epoch, resume_from }, lines }) => {
    const last = limits.get(epoch) ?? 0;
    const steps = [...new Map(lines.map((line) => [line.step, line])).values()].sort((a, b) => a.step - b.step);
    const isCounted = ({ step }: MetricsLine): boolean => step > (resume_from?.step ?? 0) && step <= last;
    return { epoch, counted: steps.filter(isCounted), tail: steps.filter((line) => !isCounted(line)) };
  });
}

/** One line a step, of all attempts. */
export function countedLines(splits: readonly Split[]): MetricsLine[] {
  return splits.flatMap((split) => split.counted).sort((a, b) => a.step - b.step);
}

function newest(attempts: readonly Tried[]): Tried | undefined {
  return attempts.reduce<Tried | undefined>(
    (best, other) => (best === undefined || other.claim.epoch > best.claim.epoch ? other : best),
    undefined,
  );
}
