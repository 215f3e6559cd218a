/**
 * The resume guard: the first step trained in an epoch must be the manifest's step + 1, and none may follow a manifest at the
 * planned step. A trainer that silently starts anew is caught by its first step. Also measures the rate. Pure.
 */
import { StagewrightError } from '../core/failures.js';

const WINDOW = 20;
/** Lines of a fast trainer are read many at a time: what is read at once tells no rate. */
const AT_ONCE_MS = 50;

export interface StepGuard {
  /** `at` in ms of a monotonic clock. @throws StagewrightError ResumeNotHonoured with both numbers. */
  see(step: number, at: number): void;
  /** Last trained step of this epoch; the step resumed from before the first, null when there is neither. */
  lastStep(): number | null;
  /** Whether a checkpoint of this step can be one that this epoch's trainer made on the right path. */
  admits(step: number): boolean;
  stepsPerSecond(): number | null;
}

export function createStepGuard(resumedFrom: number | null, planned: number): StepGuard {
  let first: number | null = null;
  let last: number | null = null;
  let times: { step: number; at: number }[] = [];
  const expected = (resumedFrom ?? 0) + 1;
  return {
    see(step, at) {
      if (first === null && (resumedFrom === planned || step !== expected))
        throw new StagewrightError(
          'ResumeNotHonoured',
          resumedFrom === planned
            ? `the trainer trained step ${step} although the checkpoint was at the planned step ${planned}`
            : `the first trained step was ${step} instead of ${expected} (${resumedFrom === null ? 'from the start' : `resumed from step ${resumedFrom}`})`,
          { expected: resumedFrom === planned ? null : expected, found: step },
        );
      first ??= step;
      last = Math.max(last ?? 0, step);
      const before = times.at(-1);
      if (before !== undefined && at - before.at < AT_ONCE_MS) times = [...times.slice(0, -1), { step, at: before.at }];
      else times = [...times.slice(1 - WINDOW), { step, at }];
    },
    lastStep: () => last ?? resumedFrom,
    admits: (step) => (last === null ? step === resumedFrom : step <= last),
    stepsPerSecond() {
      const [from, to] = [times[0], times.at(-1)];
      if (from === undefined || to === undefined || to.at <= from.at) return null;
      return ((to.step - from.step) * 1000) / (to.at - from.at);
    },
  };
}
