/**
 * Does a step of a workflow until it is done, by the table of core/failures.ts: retried with its waits, failed at once, or handed
 * to `onPark` when it must park or is out of tries. For steps around training; training itself is attempts.ts.
 */
import { ApplicationFailure, setCurrentDetails, sleep } from '@temporalio/workflow';
import { assertNever } from '../core/assert-never.js';
import { FAILURES, type RetryRule, type Verdict } from '../core/failures.js';
import { classify, type StageFailure } from './failure.js';

/** `null`: do it again. Anything else ends the step with it. */
export type OnPark<Stop> = (failure: StageFailure, tries: number) => Promise<Stop | null>;

const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3_600;

export async function persist<T, Stop>(work: () => Promise<T>, onPark: OnPark<Stop>): Promise<T | Stop> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const failure = classify(error);
      const verdict: Verdict = FAILURES[failure.type].verdict;
      switch (verdict.kind) {
        case 'fail':
          throw ApplicationFailure.nonRetryable(failure.message, failure.type);
        case 'reattach':
          continue;
        case 'retry':
          if (verdict.attempts === null || tries < verdict.attempts) {
            await sleep(waitSeconds(verdict, tries) * 1_000);
            continue;
          }
          break;
        case 'park':
          break;
        default:
          assertNever(verdict);
      }
      const stop = await onPark(failure, tries);
      if (stop !== null) return stop;
      tries = 0;
    }
  }
}

/** Doubling from the table's first wait to its longest. @param tries from 1 */
export function waitSeconds({ initialSeconds, maxSeconds }: RetryRule, tries: number): number {
  return Math.min(initialSeconds * 2 ** (tries - 1), maxSeconds);
}

/** For work that holds no device and blocks nobody's answer: what would park is waited for, and shown in the UI meanwhile. */
export function waitOut(): OnPark<never> {
  let wait = FIRST_WAIT_SECONDS;
  return async ({ type, message }) => {
    setCurrentDetails(`${type}: ${message} Trying again in ${wait} s.`);
    await sleep(wait * 1_000);
    wait = Math.min(wait * 2, LONGEST_WAIT_SECONDS);
    return null;
  };
}
