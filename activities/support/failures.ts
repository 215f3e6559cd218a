/**
 * The boundary between our errors and Temporal's: every activity is wrapped once, and core/failures.ts decides what the server
 * may retry. Foreign errors become `Internal`; secrets stay out of history; cancellation passes through untouched.
 */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { FAILURES, StagewrightError, type FailureType, type RetryRule } from '../../core/failures.js';
import { redactDeep, redactError } from '../../core/redact.js';
import { redact } from '../../core/secrets.js';

type Activity = (...args: never[]) => Promise<unknown>;

/** Wraps each function; names and types stay. */
export function guarded<T extends Record<keyof T, Activity>>(activities: T): T {
  const wrap =
    (activity: Activity): Activity =>
    async (...args) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toFailure(error, Context.current().info.attempt);
      }
    };
  return Object.fromEntries(Object.entries<Activity>(activities).map(([name, fn]) => [name, wrap(fn)])) as T;
}

export function toFailure(error: unknown, attempt: number): unknown {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const type: FailureType = error instanceof StagewrightError ? error.type : 'Internal';
  const { verdict } = FAILURES[type];
  const message = redact(error instanceof Error ? error.message : String(error));
  const details = error instanceof StagewrightError ? [redactDeep(error.details)] : [];
  const cause = error instanceof Error ? { cause: redactError(error) } : {};
  // Tries that are limited are counted by the workflow, apart from waits: the server's count mixes them.
  if (verdict.kind !== 'retry' || verdict.attempts !== null)
    return ApplicationFailure.create({ type, message, details, nonRetryable: true, ...cause });
  return ApplicationFailure.create({
    type,
    message,
    details,
    nextRetryDelay: `${delaySeconds(verdict, attempt)}s`,
    // Waiting for a device is no trouble: it is shown in the UI and not logged as an error at each try.
    category: ApplicationFailureCategory.BENIGN,
    ...cause,
  });
}

function delaySeconds(rule: RetryRule, attempt: number): number {
  return Math.min(rule.initialSeconds * 1.5 ** (attempt - 1), rule.maxSeconds);
}
