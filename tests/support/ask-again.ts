/**
 * For clients of tests: an update whose workflow task ran out of time on a busy machine is asked again under its id, as the server
 * demands ("unexpected workflow task failure") and as client/control.ts does for the tool.
 */
import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, type WorkflowClientInterceptor } from '@temporalio/client';

const FAILED_PRECONDITION = 9;

export const ASK_AGAIN: WorkflowClientInterceptor = {
  async startUpdate(input, next) {
    const options = { ...input.options, updateId: input.options.updateId ?? randomUUID() };
    for (;;) {
      try {
        return await next({ ...input, options });
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        if (!(isGrpcServiceError(cause) && Number(cause.code) === FAILED_PRECONDITION)) throw error;
      }
    }
  },
};
