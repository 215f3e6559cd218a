/**
 * The ready Worker: any set of roles in one process, until SIGTERM or SIGINT. `control` runs workflows; `cpu` data, store and
 * evaluation; `gpu` leases and training on this host. It holds no policy: that is in settings and in the activities.
 */
import { access } from 'node:fs/promises';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createControlActivities } from '../activities/control/activities.js';
import { createDataActivities } from '../activities/data/activities.js';
import { createEvaluationActivities } from '../activities/evaluation/activities.js';
import { createStoreActivities } from '../activities/store/activities.js';
import { createClassActivities } from '../activities/training/class-activities.js';
import { createHostActivities } from '../activities/training/host-activities.js';
import { classQueue, controlQueue, cpuQueue, hostQueue } from '../core/ids.js';
import { openTraining } from '../activities/training/context.js';
import { openStore } from '../store/store.js';
import { buildBundle, bundlePath } from './bundle.js';
import { connectWorker } from './connect.js';
import { createLogger } from './logging.js';
import type { Settings } from './settings.js';
import { installRuntime } from './telemetry/runtime.js';
import { watchAround } from './telemetry/telemetry.js';

export const ROLES = ['control', 'cpu', 'gpu'] as const;
export type Role = (typeof ROLES)[number];

/** Heavy activities of the `cpu` role that run at once. */
const CPU_ACTIVITIES = 4;
/** After a stop of trainers is asked for, a worker that hangs is given up. */
const FORCE_MARGIN_MS = 15_000;

/** @throws when the worker cannot go on; resolves after a signal. */
export async function runWorker(settings: Settings, roles: readonly Role[]): Promise<void> {
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  installRuntime({ logger, metricsAddress: settings.metricsAddress });
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    logger.info({ signal, shutdown: settings.shutdown }, 'worker stops');
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const connection = await connectWorker(settings.address, logger, stop.signal);
    const unwatch = watchAround({ settings, roles, connection, logger });
    try {
      const workers = await createWorkers(settings, roles, connection, logger);
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
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}

async function createWorkers(
  settings: Settings,
  roles: readonly Role[],
  connection: NativeConnection,
  logger: Logger,
): Promise<Worker[]> {
  const common = {
    connection,
    namespace: settings.namespace,
    // Caps how late a cancel arrives and how old heartbeat details are (default: 80 % of the timeout).
    maxHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: 0,
    shutdownForceTime: settings.timers.stop_grace_ms + FORCE_MARGIN_MS,
  } satisfies Partial<WorkerOptions>;
  const store = await openStore(settings.store);
  const { queuePrefix: prefix } = settings;
  const options: WorkerOptions[] = [];
  if (roles.includes('control'))
    options.push({
      ...common,
      taskQueue: controlQueue(prefix),
      activities: createControlActivities(),
      workflowBundle: await bundle(logger),
    });
  if (roles.includes('cpu'))
    options.push({
      ...common,
      taskQueue: cpuQueue(prefix),
      activities: {
        ...createStoreActivities(store),
        ...createDataActivities(store),
        ...createEvaluationActivities(store),
      },
      maxConcurrentActivityTaskExecutions: CPU_ACTIVITIES,
    });
  if (roles.includes('gpu')) {
    const training = openTraining(settings, store, logger);
    options.push(
      // One at a time: a lease is taken by one request after the other.
      {
        ...common,
        taskQueue: classQueue(settings.hostClass, prefix),
        activities: createClassActivities(training),
        maxConcurrentActivityTaskExecutions: 1,
      },
      { ...common, taskQueue: hostQueue(settings.host, prefix), activities: createHostActivities(training) },
    );
  }
  const workers: Worker[] = [];
  for (const option of options) workers.push(await Worker.create(option));
  return workers;
}

async function bundle(logger: Logger): Promise<{ code: string } | { codePath: string }> {
  const codePath = bundlePath();
  try {
    await access(codePath);
    return { codePath };
  } catch {
    logger.warn('no prebuilt workflow bundle; making one (run the build to have it)');
    return buildBundle();
  }
}
