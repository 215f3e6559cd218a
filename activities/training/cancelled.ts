/** Whether a cancelled activity was cancelled for good: by its workflow, or because that is closed. What follows is its caller's. */
import { Context } from '@temporalio/activity';
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';

/** False when the worker stops, or when another attempt may be at it by now (not found, timed out, reset). */
export async function isForGood(): Promise<boolean> {
  const details = Context.current().cancellationDetails;
  if (details?.workerShutdown === true) return false;
  return details?.cancelRequested === true || (await isWorkflowClosed());
}

async function isWorkflowClosed(): Promise<boolean> {
  const { client, info } = Context.current();
  if (info.workflowExecution === undefined) return false;
  try {
    // Without the run's id: a newer run of the stage (continued as new, started again) adopts the runner.
    const { status } = await client.workflow.getHandle(info.workflowExecution.workflowId).describe();
    return status.name !== 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    if (isGrpcServiceError(error)) return false;
    throw error;
  }
}
