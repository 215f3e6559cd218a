/** Reads what an activity's error means: the failure of core/failures.ts, or that the host or worker is gone. Decides nothing. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { z } from 'zod';
import { isFailureType, type FailureType } from '../core/failures.js';

export interface StageFailure {
  readonly type: FailureType;
  readonly message: string;
  /** Of CheckpointElsewhere: the host that can read the checkpoint. */
  readonly host?: string;
}

/** Details of CheckpointElsewhere (store/epochs.ts). */
const reachDetail = z.object({ reach: z.templateLiteral(['host:', z.string()]) });

/**
 * Ends the run as cancelled if our own scope is: a cancelled run can end its activity with a result, a timeout or a failure, so
 * the scope is asked and never the error's kind.
 * @throws CancelledFailure
 */
export function throwIfCancelled(error: unknown): void {
  if (!CancellationScope.current().consideredCancelled) return;
  throw isCancellation(error) ? error : new CancelledFailure('cancelled');
}

/** @throws CancelledFailure when our own scope is cancelled. */
export function classify(error: unknown): StageFailure {
  throwIfCancelled(error);
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return timedOut(cause);
  if (cause instanceof ApplicationFailure) {
    // The SDK's own name for an activity that was cut off by its worker's shutdown.
    if (cause.type === 'WorkerShutdown') return { type: 'Detached', message: 'the worker was shut down' };
    const type = cause.type ?? '';
    const detail = reachDetail.safeParse(cause.details?.[0]);
    return {
      type: isFailureType(type) ? type : 'Internal',
      message: cause.message,
      ...(detail.success ? { host: detail.data.reach.slice('host:'.length) } : {}),
    };
  }
  return { type: 'Internal', message: error instanceof Error ? error.message : String(error) };
}

function timedOut({ timeoutType, cause }: TimeoutFailure): StageFailure {
  switch (timeoutType) {
    case 'SCHEDULE_TO_START':
      return { type: 'HostLost', message: 'no worker answered on the host’s queue' };
    // Of what is done on behalf of an update only.
    case 'SCHEDULE_TO_CLOSE': {
      const last = cause === undefined ? '' : ` (last: ${cause.message})`;
      return {
        type: 'WorkerLost',
        message: `no answer in time${last}: are the store and its worker there? Tell it again`,
      };
    }
    default:
      return { type: 'WorkerLost', message: `no word from the worker (${timeoutType})` };
  }
}

/** After these the host was not heard of: what it runs may be at work. */
export function isGone(type: FailureType): boolean {
  return type === 'HostLost' || type === 'WorkerLost' || type === 'Detached';
}

/** A child's own failure type and words, not "Child Workflow execution failed". */
export function ofChild(error: unknown): unknown {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return error;
  return ApplicationFailure.create({ message: cause.message, type: cause.type ?? 'Internal', nonRetryable: true });
}
