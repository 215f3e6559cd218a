/**
 * What a worker of each role is: a queue, the plugins of its domains, and how much at once. The plugins are those that anybody's
 * Worker may be made of (plugins/); only queues, slots and shutdown are the product's own.
 */
import { access } from 'node:fs/promises';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { classQueue, controlQueue, cpuQueue } from '../core/ids.js';
import { buildBundle, bundlePath } from './bundle.js';
import { compose } from './plugins/compose.js';
import { ControlPlugin, DataPlugin, EvaluationPlugin, StorePlugin } from './plugins/domains.js';
import { InferencePlugin } from './plugins/inference.js';
import { FORCE_MARGIN_MS, TrainingPlugin } from './plugins/training.js';
import type { Settings } from './settings.js';

export const ROLES = ['control', 'cpu', 'gpu'] as const;
export type Role = (typeof ROLES)[number];

/** Activities of the `cpu` role that run at once: four may wait for the answers of models, and others must not wait for them. */
const CPU_ACTIVITIES = 8;

export interface RoleContext {
  readonly settings: Settings;
  readonly connection: NativeConnection;
  readonly logger: Logger;
}

export async function workerOptions(role: Role, { settings, connection, logger }: RoleContext): Promise<WorkerOptions> {
  const { queuePrefix: prefix, namespace, timers, hostClass } = settings;
  const common = {
    connection,
    namespace,
    shutdownGraceTime: 0,
    shutdownForceTime: timers.stop_grace_ms + FORCE_MARGIN_MS,
  } satisfies Partial<WorkerOptions>;
  switch (role) {
    case 'control': {
      const plugins = [compose([new ControlPlugin()])];
      return { ...common, taskQueue: controlQueue(prefix), plugins, workflowBundle: await bundle(logger) };
    }
    case 'cpu': {
      const plugins = [
        compose([
          new StorePlugin(settings),
          new DataPlugin(settings),
          new InferencePlugin(settings),
          new EvaluationPlugin(settings),
        ]),
      ];
      return {
        ...common,
        taskQueue: cpuQueue(prefix),
        plugins,
        maxConcurrentActivityTaskExecutions: CPU_ACTIVITIES,
      };
    }
    case 'gpu': {
      const plugins = [compose([new TrainingPlugin(settings, logger)])];
      // One at a time: a grant that has to wait stays with the server, which may ask another host.
      return {
        ...common,
        taskQueue: classQueue(hostClass, prefix),
        plugins,
        maxConcurrentActivityTaskExecutions: 1,
      };
    }
  }
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
