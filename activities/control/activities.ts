/** Activities that talk to the Temporal server, or only think. They need a worker whose connection gives activities a client. */
import { Context } from '@temporalio/activity';
import {
  ApplicationFailure,
  CancelledFailure,
  isGrpcServiceError,
  TerminatedFailure,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { isFailureType, StagewrightError, type FailureType } from '../../core/failures.js';
import { planAgain } from '../../core/plan-again.js';
import type { StageStatus } from '../../core/states.js';
import type { ControlActivities, EndedRun } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { withHeartbeat } from '../support/heartbeat.js';

/** gRPC status: deadline exceeded, failed precondition (a workflow task was cut off; ask again), unavailable. */
const AWAY_CODES = [4, 9, 14];
const PAUSE_MS = 2_000;

type UpdateInput = Parameters<ControlActivities['updateStage']>[0];

export function createControlActivities(): ControlActivities {
  return guarded<ControlActivities>({
    awaitRun: (workflowId) => withHeartbeat(() => waitFor(workflowId)),
    planAgain: async ({ plan, change }) => planAgain(plan, change),
    updateStage: (input) => withHeartbeat(() => updateStage(input)),
  });
}

async function waitFor(workflowId: string): Promise<EndedRun> {
  const { client } = Context.current();
  for (;;) {
    try {
      await client.workflow.getHandle(workflowId).result();
      return { ended: 'completed', message: '' };
    } catch (error) {
      // A server that is away says nothing about the run: ask again for as long as it takes.
      if (isAway(error)) {
        await Context.current().sleep(PAUSE_MS);
        continue;
      }
      if (error instanceof WorkflowFailedError) return how(error.cause);
      if (error instanceof WorkflowNotFoundError) return { ended: 'unknown', message: 'no such run' };
      throw error;
    }
  }
}

/** The stage's own answer, or its refusal. A server that is away is asked again under the same update id. */
async function updateStage({ workflowId, firstExecutionRunId, update, input, id }: UpdateInput): Promise<StageStatus> {
  const { client } = Context.current();
  const only = firstExecutionRunId === undefined ? {} : { firstExecutionRunId };
  for (;;) {
    try {
      return await client.workflow
        .getHandle(workflowId, undefined, only)
        .executeUpdate<StageStatus, [UpdateInput['input']]>(update, { args: [input], updateId: id });
    } catch (error) {
      if (isAway(error)) {
        await Context.current().sleep(PAUSE_MS);
        continue;
      }
      if (error instanceof WorkflowNotFoundError)
        throw new StagewrightError('UpdateRefused', `${update} is refused: the stage has ended meanwhile`);
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (cause instanceof ApplicationFailure)
        throw new StagewrightError(
          isFailureType(cause.type ?? '') ? (cause.type as FailureType) : 'UpdateRefused',
          cause.message,
        );
      throw error;
    }
  }
}

/** The client wraps what the server said. */
function isAway(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (isGrpcServiceError(e)) return AWAY_CODES.includes(e.code);
  return false;
}

function how(cause: unknown): EndedRun {
  if (cause instanceof CancelledFailure) return { ended: 'cancelled', message: cause.message };
  if (cause instanceof TerminatedFailure) return { ended: 'terminated', message: cause.message };
  if (cause instanceof ApplicationFailure) return { ended: 'failed', message: cause.message };
  return { ended: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
}
