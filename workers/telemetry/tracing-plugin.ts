/**
 * The SDK's OpenTelemetry plugin with our interceptor module in the workflows, which traces only what was started with a trace and
 * leaves every other history as it is (workflows/tracing.ts). For any Client, Worker or bundle:
 *
 * @example
 * const plugins = [compose([...stagewrightPlugins(settings), new TracingPlugin({ resource, spanProcessor })])];
 *
 * A tracer provider with a context manager must be registered in the process, as OpenTelemetry's own set-up does.
 */
import { fileURLToPath } from 'node:url';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import type { BundleOptions, ReplayWorkerOptions, WorkerOptions } from '@temporalio/worker';

/** Of the SDK's plugin: it would trace every workflow. */
const SDK_MODULE = /interceptors-opentelemetry[\\/]lib[\\/]workflow-interceptors/u;

/** Path of the interceptor module, for a bundle that is made without the plugin. */
export function tracingModule(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../workflows/tracing.${extension}`, import.meta.url));
}

export class TracingPlugin extends OpenTelemetryPlugin {
  override configureWorker(options: WorkerOptions): WorkerOptions {
    return withOurs(super.configureWorker(options));
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return withOurs(super.configureReplayWorker(options));
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    const { workflowInterceptorModules = [], ...rest } = super.configureBundler(options);
    return { ...rest, workflowInterceptorModules: swapped(workflowInterceptorModules) };
  }
}

function withOurs<T extends Pick<WorkerOptions, 'interceptors'>>(options: T): T {
  const { interceptors } = options;
  if (interceptors?.workflowModules === undefined) return options;
  return {
    ...options,
    interceptors: { ...interceptors, workflowModules: swapped(interceptors.workflowModules) },
  };
}

function swapped(modules: readonly string[]): string[] {
  return [...new Set(modules.map((path) => (SDK_MODULE.test(path) ? tracingModule() : path)))];
}
