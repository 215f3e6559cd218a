/**
 * The plugins of the domains that work on the store alone, and of control. Training has a file of its own (it serves a queue too).
 * A domain without activities has no plugin.
 */
import { z } from 'zod';
import { createControlActivities } from '../../activities/control/activities.js';
import { createDataActivities } from '../../activities/data/activities.js';
import { createEvaluationActivities } from '../../activities/evaluation/activities.js';
import { createStoreActivities } from '../../activities/store/activities.js';
import { storeAt, type Store } from '../../store/store.js';
import { DomainPlugin, requireSettings } from './domain-plugin.js';

const storeSettingsSchema = z.object({ store: z.string().min(1) });
/** `store`: a folder that all hosts see. */
export type StoreSettings = z.infer<typeof storeSettingsSchema>;

/** Activities on one store. */
abstract class StoreDomainPlugin extends DomainPlugin {
  protected constructor(domain: string, settings: StoreSettings, activities: (store: Store) => object) {
    const name = `stagewright.${domain}`;
    const { store } = requireSettings(name, storeSettingsSchema, settings);
    super({ name, activities: activities(storeAt(store)), store });
  }
}

/** Looks up results and checkpoints, verifies what is handed over, exports weights. */
export class StorePlugin extends StoreDomainPlugin {
  constructor(settings: StoreSettings) {
    super('store', settings, createStoreActivities);
  }
}

/** Makes and checks data sets. */
export class DataPlugin extends StoreDomainPlugin {
  constructor(settings: StoreSettings) {
    super('data', settings, createDataActivities);
  }
}

/** Answers and grades held-out questions; measures gates. */
export class EvaluationPlugin extends StoreDomainPlugin {
  constructor(settings: StoreSettings) {
    super('evaluation', settings, createEvaluationActivities);
  }
}

/** Waits for runs of others, passes updates on, plans again. Its activities ask the server over the Worker's own connection. */
export class ControlPlugin extends DomainPlugin {
  constructor() {
    super({ name: 'stagewright.control', activities: createControlActivities() });
  }
}
