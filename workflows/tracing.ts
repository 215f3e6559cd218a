/**
 * Interceptor module of all workflows: spans by the SDK's OpenTelemetry package, for a workflow that was started with a trace and for
 * no other. What decides is the start's header, which is in history: so a replay takes the same way, histories from before tracing
 * replay as they are, and whether a worker exports spans changes nothing. No workflow: the bundle names it (workers/bundle.ts).
 */
import { TRACE_HEADER } from '@temporalio/interceptors-opentelemetry/lib/instrumentation.js';
import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/workflow/index.js';
import type { WorkflowInterceptors } from '@temporalio/workflow';

interface Traced {
  readonly inbound: OpenTelemetryInboundInterceptor;
  readonly outbound: OpenTelemetryOutboundInterceptor;
  readonly internals: OpenTelemetryInternalsInterceptor;
}

/** Queries are not traced: `watch` and the UI ask all the time. */
export const interceptors = (): WorkflowInterceptors => {
  // Made late: an untraced workflow has no tracer.
  let traced: Traced | undefined;
  return {
    inbound: [
      {
        execute: (input, next) => {
          if (Object.hasOwn(input.headers, TRACE_HEADER))
            traced = {
              inbound: new OpenTelemetryInboundInterceptor(),
              outbound: new OpenTelemetryOutboundInterceptor(),
              internals: new OpenTelemetryInternalsInterceptor(),
            };
          return traced === undefined ? next(input) : traced.inbound.execute(input, next);
        },
        handleSignal: (input, next) => (traced === undefined ? next(input) : traced.inbound.handleSignal(input, next)),
        handleUpdate: (input, next) => (traced === undefined ? next(input) : traced.inbound.handleUpdate(input, next)),
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.scheduleActivity(input, next),
        scheduleLocalActivity: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.scheduleLocalActivity(input, next),
        startChildWorkflowExecution: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.startChildWorkflowExecution(input, next),
        continueAsNew: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.continueAsNew(input, next),
        signalWorkflow: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.signalWorkflow(input, next),
        getLogAttributes: (input, next) =>
          traced === undefined ? next(input) : traced.outbound.getLogAttributes(input, next),
      },
    ],
    internals: [
      {
        dispose: (input, next) => (traced === undefined ? next(input) : void traced.internals.dispose(input, next)),
      },
    ],
  };
};
