/**
 * The ready Worker: any set of roles in one process, until SIGTERM or SIGINT. `control` runs workflows; `cpu` data, store and
 * evaluation; `gpu` leases and training on this host. It holds no policy: that is in settings, roles and activities.
 */
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { connectWorker } from './connect.js';
import { createLogger } from './logging.js';
import { workerOptions, type Role } from './roles.js';
import type { Settings } from './settings.js';
import { installRuntime } from './telemetry/runtime.js';
import { watchAround } from './telemetry/telemetry.js';
import { openTracing, UNHEARD, type Tracing } from './telemetry/tracing.js';

/** @throws when the worker cannot go on; resolves after a signal. */
export async function runWorker(settings: Settings, roles: readonly Role[]): Promise<void> {
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  installRuntime({ logger, metricsAddress: settings.metricsAddress });
  const tracing = openTracing(settings, logger);
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    logger.info({ signal, shutdown: settings.shutdown }, 'worker stops');
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const connection = await connectWorker(settings.server, logger, stop.signal);
    const unwatch = watchAround({ settings, roles, connection, logger });
    try {
      const workers: Worker[] = [];
      for (const role of new Set(roles))
        workers.push(await Worker.create(traced(await workerOptions(role, { settings, connection, logger }), tracing)));
      // Asked to stop while they were made: a worker that does not run yet cannot be shut down.
      stop.signal.throwIfAborted();
      const shutdown = (): void => workers.forEach((worker) => worker.getState() === 'RUNNING' && worker.shutdown());
      stop.signal.addEventListener('abort', shutdown);
      logger.info({ host: settings.host, roles, store: settings.store }, 'worker runs');
      await Promise.all(workers.map((worker) => worker.run()));
    } finally {
      unwatch();
      await connection.close();
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    logger.debug({ err: error }, 'ended while stopping');
  } finally {
    await tracing?.close();
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}

function traced(options: WorkerOptions, tracing: Tracing | null): WorkerOptions {
  if (tracing === null) return { ...options, sinks: { ...options.sinks, ...UNHEARD } };
  return { ...options, plugins: [...(options.plugins ?? []), tracing.plugin] };
}
