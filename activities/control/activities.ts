/** Activities that only talk to the Temporal server. They need a worker whose connection gives activities a client. */
import { Context } from '@temporalio/activity';
import {
  ApplicationFailure,
  CancelledFailure,
  isGrpcServiceError,
  TerminatedFailure,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { ControlActivities, EndedRun } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { withHeartbeat } from '../support/heartbeat.js';

const UNAVAILABLE_CODES = [4, 14];
const PAUSE_MS = 2_000;

export function createControlActivities(): ControlActivities {
  return guarded<ControlActivities>({ awaitRun: (workflowId) => withHeartbeat(() => waitFor(workflowId)) });
}

async function waitFor(workflowId: string): Promise<EndedRun> {
  const { client } = Context.current();
  for (;;) {
    try {
      await client.workflow.getHandle(workflowId).result();
      return { ended: 'completed', message: '' };
    } catch (error) {
      // A server that is away says nothing about the run: ask again for as long as it takes.
      if (isGrpcServiceError(error) && UNAVAILABLE_CODES.includes(error.code)) {
        await Context.current().sleep(PAUSE_MS);
        continue;
      }
      if (error instanceof WorkflowFailedError) return how(error.cause);
      if (error instanceof WorkflowNotFoundError) return { ended: 'unknown', message: 'no such run' };
      throw error;
    }
  }
}

function how(cause: unknown): EndedRun {
  if (cause instanceof CancelledFailure) return { ended: 'cancelled', message: cause.message };
  if (cause instanceof TerminatedFailure) return { ended: 'terminated', message: cause.message };
  if (cause instanceof ApplicationFailure) return { ended: 'failed', message: cause.message };
  return { ended: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
}
