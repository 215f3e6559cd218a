/**
 * Spans of this process, sent as OTLP over HTTP: the provider that OpenTelemetry's API finds, and the plugin for Workers and Clients.
 * Only opened where an endpoint is set. Sampling, batching and headers are OpenTelemetry's own OTEL_* variables.
 */
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { InjectedSinks } from '@temporalio/worker';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry/lib/workflow/index.js';
import type { Logger } from 'pino';
import type { Settings } from '../settings.js';
import { TracingPlugin } from './tracing-plugin.js';

/** A collector that does not answer must not hold up the end of a command or a worker. */
const FLUSH_LIMIT_MS = 2_000;

export interface Tracing {
  readonly plugin: TracingPlugin;
  /** Sends what is waiting, for at most two seconds. */
  flush(): Promise<void>;
  /** Flushes and ends. */
  close(): Promise<void>;
}

/** Once a process. @param logger is told once that the collector does not answer. */
export function openTracing({ tracing, host }: Settings, logger?: Logger): Tracing | null {
  if (tracing === null) return null;
  if (logger !== undefined) sayOnce(logger);
  const resource = new Resource({
    'service.name': tracing.serviceName,
    'service.instance.id': `${host}:${process.pid}`,
    'host.name': host,
  });
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url: tracing.endpoint }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  return {
    plugin: new TracingPlugin({ resource, spanProcessor }),
    flush: () => atMost(() => provider.forceFlush()),
    close: () => atMost(() => provider.shutdown()),
  };
}

/** For a Worker that exports nothing: a workflow that was started with a trace makes spans nevertheless. */
export const UNHEARD: InjectedSinks<OpenTelemetrySinks> = { exporter: { export: { fn: () => undefined } } };

async function atMost(work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_LIMIT_MS)));
  // Spans that cannot be sent are lost; that was said when it was first noticed.
  await Promise.race([work().catch(() => undefined), limit]);
  clearTimeout(timer);
}

function sayOnce(logger: Logger): void {
  let said = false;
  const error = (message: string, ...args: unknown[]): void => {
    if (said) logger.debug({ reason: message, args }, 'spans are lost');
    else
      logger.warn(
        { reason: message, args },
        'spans cannot be sent; further ones that are lost are said at level debug',
      );
    said = true;
  };
  const silent = (): void => undefined;
  diag.setLogger({ error, warn: silent, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ERROR);
}
