/**
 * What all plugins of stagewright share: they bring activities, and check at start what would otherwise show as a run that hangs.
 * They never set `workflowsPath`, codecs or converters: workflows and payloads are the Worker's own.
 */
import { SimplePlugin } from '@temporalio/plugin';
import type { Worker, WorkerOptions } from '@temporalio/worker';
import type { z } from 'zod';
import { StagewrightError } from '../../core/failures.js';
import { openStore } from '../../store/store.js';
import { bringer, byName, markBringer } from './activity-names.js';
import { assertOneSdk, assertSameCopy } from './sdk-versions.js';

/** Caps how late a cancel arrives and how old heartbeat details are (the SDK's own: 80 % of the timeout). */
export const HEARTBEAT_THROTTLE = '1s';

export interface DomainOptions {
  /** `stagewright.<domain>` */
  readonly name: string;
  readonly activities: object;
  /** The store that they work on; all plugins of one Worker must name the same. */
  readonly store?: string;
}

export abstract class DomainPlugin extends SimplePlugin {
  readonly store: string | undefined;

  protected constructor({ name, activities, store }: DomainOptions) {
    super({ name, activities });
    this.store = store;
    markBringer(activities, name);
  }

  /**
   * Opens the store, and begins it. `compose` does this before there is a Worker; else it is done before the Worker's first task.
   * @throws StagewrightError naming the store
   */
  async prepare(): Promise<void> {
    if (this.store === undefined) return;
    try {
      await openStore(this.store);
    } catch (cause) {
      if (cause instanceof StagewrightError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StagewrightError(
        'StoreUnreachable',
        `plugin ${this.name}: the store ${this.store} cannot be opened: ${why}`,
        {},
        { cause },
      );
    }
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    await this.prepare();
    await super.runWorker(worker, next);
  }

  /** @throws StagewrightError SettingsMissing */
  override configureWorker(options: WorkerOptions): WorkerOptions {
    assertOneSdk();
    assertSameCopy(options);
    this.assertFree(options);
    return { maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE, ...super.configureWorker(options) };
  }

  /** The SDK lets the last plugin win, silently. */
  private assertFree(options: WorkerOptions): void {
    const taken = byName(options.activities);
    for (const name of byName(this.options.activities).keys()) {
      if (!taken.has(name)) continue;
      const other = bringer(taken.get(name));
      throw new StagewrightError(
        'SettingsMissing',
        other === this.name
          ? `plugin ${this.name} is given to this Worker twice; leave one (plugins of its connection count too)`
          : `plugin ${this.name} brings an activity "${name}", which ${other ?? "the Worker's own activities or another plugin"} ` +
              'registers as well; rename that one',
        { activity: name },
      );
    }
  }
}

/** What a plugin needs, by its schema. @throws StagewrightError SettingsMissing naming each setting that is missing or wrong. */
export function requireSettings<T>(plugin: string, schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`);
  throw new StagewrightError(
    'SettingsMissing',
    `plugin ${plugin}: ${words.join('; ')}. Make the settings with defineSettings({ ... }) or readSettings(process.env).`,
  );
}
