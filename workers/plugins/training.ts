/**
 * Training: grants of devices on the Worker's own queue, and beside it, on the same connection, a Worker for the host's queue, where
 * training and what cleans up after it must run. Leases are safe however many grants are asked for at once: their table changes under a
 * file lock (activities/training/leases), so no slot has to be limited for them.
 */
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { z } from 'zod';
import { createClassActivities } from '../../activities/training/class-activities.js';
import { openTraining, type TrainingSettings } from '../../activities/training/context.js';
import { createHostActivities } from '../../activities/training/host-activities.js';
import type { ClassActivities, HostActivities } from '../../activities/contracts.js';
import { StagewrightError } from '../../core/failures.js';
import { hostQueue, QUEUE_PREFIX } from '../../core/ids.js';
import { timersSchema } from '../../core/launch.js';
import { storeAt } from '../../store/store.js';
import { createLogger } from '../logging.js';
import { DomainPlugin, HEARTBEAT_THROTTLE, requireSettings } from './domain-plugin.js';

const NAME = 'stagewright.training';
/** After a stop of trainers is asked for, a worker that hangs is given up. */
export const FORCE_MARGIN_MS = 15_000;

const settingsSchema = z.object({
  store: z.string().min(1),
  host: z.string().min(1),
  hostClass: z.string().min(1).optional(),
  hostFolder: z.string().min(1),
  devices: z.array(z.string().min(1)).readonly(),
  cpuSlots: z.int().min(0),
  shutdown: z.enum(['detach', 'stop']),
  timers: timersSchema,
  trainers: z.string().min(1).nullish(),
  queuePrefix: z.string().min(1).default(QUEUE_PREFIX),
});
export interface TrainingPluginSettings extends TrainingSettings {
  /** First part of the host's queue; the same as in the `Placement` of the workflows. Default `stagewright`. */
  readonly queuePrefix?: string;
}

export class TrainingPlugin extends DomainPlugin {
  private readonly queue: string;
  private readonly hosts: HostActivities & ClassActivities;
  private readonly stopMs: number;
  private readonly profiles: () => Promise<unknown>;

  /** @param logger default: pino on stderr. */
  constructor(given: TrainingPluginSettings, logger: Logger = createLogger({ level: 'info' })) {
    const settings = requireSettings(NAME, settingsSchema, given);
    const training = openTraining(settings, storeAt(settings.store), logger);
    const grants = createClassActivities(training);
    super({ name: NAME, activities: grants, store: settings.store });
    // A grant on one named host is asked for on its own queue.
    this.hosts = { ...grants, ...createHostActivities(training) };
    this.queue = hostQueue(settings.host, settings.queuePrefix);
    this.profiles = training.profiles;
    this.stopMs = settings.timers.stop_grace_ms + FORCE_MARGIN_MS;
  }

  /** @throws StagewrightError SettingsMissing for a file of trainers that is wrong: before any stage asks for it. */
  override async prepare(): Promise<void> {
    await super.prepare();
    await this.profiles();
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    // Plugins of a connection reach the host's own Worker as well.
    if (options.taskQueue === this.queue) return options;
    if (options.connection === undefined)
      throw new StagewrightError(
        'SettingsMissing',
        `plugin ${NAME} serves the queue ${this.queue} over the Worker's connection: give Worker.create a \`connection\` ` +
          '(NativeConnection.connect)',
      );
    return super.configureWorker(options);
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    if (worker.options.taskQueue === this.queue) return next(worker);
    await this.prepare();
    const host = await Worker.create(this.hostOptions(worker));
    const served = host.run().catch((error: unknown) => {
      // Without the host's queue no stage trains: the whole Worker ends with this error.
      if (worker.getState() === 'RUNNING') worker.shutdown();
      throw error;
    });
    const ran = next(worker).finally(() => {
      if (host.getState() === 'RUNNING') host.shutdown();
    });
    const ends = await Promise.allSettled([served, ran]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** As the Worker was made, with its namespace, converter and interceptors; slots and shutdown are for training. */
  private hostOptions({ options }: Worker): WorkerOptions {
    const { connection, namespace, identity, dataConverter, interceptors } = options;
    const { client, activity = [] } = interceptors;
    return {
      ...(connection === undefined ? {} : { connection }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(identity === undefined ? {} : { identity }),
      ...(dataConverter === undefined ? {} : { dataConverter }),
      interceptors: { ...(client === undefined ? {} : { client }), activity },
      taskQueue: this.queue,
      activities: this.hosts,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      shutdownGraceTime: 0,
      shutdownForceTime: this.stopMs,
    };
  }
}
