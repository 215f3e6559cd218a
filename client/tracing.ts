/** A command's part of a trace: with it, what it starts is traced in the workflows too. Loaded only where an endpoint is set. */
import type { ClientInterceptors, WorkflowClientInterceptor } from '@temporalio/client';
import type { Settings } from '../workers/settings.js';

/** One provider a process, however many connections it makes. */
let opened: Promise<WorkflowClientInterceptor[]> | undefined;

export async function tracingInterceptors(settings: Settings): Promise<ClientInterceptors> {
  if (settings.tracing === null) return {};
  return { workflow: await (opened ??= open(settings)) };
}

async function open(settings: Settings): Promise<WorkflowClientInterceptor[]> {
  const [{ openTracing }, { OpenTelemetryWorkflowClientInterceptor: Sdk }] = await Promise.all([
    import('../workers/telemetry/tracing.js'),
    import('@temporalio/interceptors-opentelemetry'),
  ]);
  const tracing = openTracing(settings);
  if (tracing === null) return [];
  /** Sent at once: a command may end as soon as it has its answer, and the span that all others hang on would be lost. */
  const sent = async <T>(work: Promise<T>): Promise<T> => work.finally(() => tracing.flush());

  class CommandInterceptor extends Sdk {
    override start(...[input, next]: Parameters<InstanceType<typeof Sdk>['start']>): Promise<string> {
      return sent(super.start(input, next));
    }
    override startWithDetails(
      ...[input, next]: Parameters<InstanceType<typeof Sdk>['startWithDetails']>
    ): ReturnType<InstanceType<typeof Sdk>['startWithDetails']> {
      return sent(super.startWithDetails(input, next));
    }
    override startUpdate(
      ...[input, next]: Parameters<InstanceType<typeof Sdk>['startUpdate']>
    ): ReturnType<InstanceType<typeof Sdk>['startUpdate']> {
      return sent(super.startUpdate(input, next));
    }
    // `watch` and `status` ask all the time; only what changes a run is worth a span.
    override query(...[input, next]: Parameters<InstanceType<typeof Sdk>['query']>): Promise<unknown> {
      return next(input);
    }
    override describe(
      ...[input, next]: Parameters<InstanceType<typeof Sdk>['describe']>
    ): ReturnType<InstanceType<typeof Sdk>['describe']> {
      return next(input);
    }
  }
  return [new CommandInterceptor()];
}
