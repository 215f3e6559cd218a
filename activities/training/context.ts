/** What the training activities of one host share. No state of runs: that is in files, so that any worker can take over. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { sha256Hex } from '../../core/canonical-json.js';
import type { Owner } from '../../core/checkpoint.js';
import type { Timers } from '../../core/launch.js';
import { readTrainerProfiles, type TrainerProfiles } from '../../runner/trainer-profiles.js';
import type { Store } from '../../store/store.js';
import { openLeases, type Leases } from './leases/leases.js';

export interface TrainingSettings {
  readonly store: string;
  readonly host: string;
  /** Default `any`. */
  readonly hostClass?: string | undefined;
  readonly hostFolder: string;
  readonly devices: readonly string[];
  readonly cpuSlots: number;
  readonly shutdown: 'detach' | 'stop';
  readonly timers: Timers;
  /** File of the profiles of trainers on this host; none: all at their defaults. */
  readonly trainers?: string | null | undefined;
}

export interface TrainingContext {
  readonly settings: TrainingSettings;
  readonly store: Store;
  readonly leases: Leases;
  readonly logger: Logger;
  /** As the file is now. */
  readonly profiles: () => Promise<TrainerProfiles>;
}

export function openTraining(settings: TrainingSettings, store: Store, logger: Logger): TrainingContext {
  const leases = openLeases(settings.hostFolder, { devices: settings.devices, cpuSlots: settings.cpuSlots });
  return { settings, store, leases, logger, profiles: profilesOf(settings, logger) };
}

/** A file that was spoiled since it was last read must not end runs that are under way: the last good one goes on. */
function profilesOf({ trainers = null }: TrainingSettings, logger: Logger): () => Promise<TrainerProfiles> {
  let last: TrainerProfiles | null = null;
  return async () => {
    try {
      return (last = await readTrainerProfiles(trainers));
    } catch (error) {
      if (last === null) throw error;
      logger.warn({ err: error }, 'the file of trainers cannot be read; going on with what it said before');
      return last;
    }
  };
}

/** The run marker: known before the epoch is, and the same for the same owner, so that every step is idempotent. */
export function markerOf(settings: TrainingSettings, key: string, owner: Owner): string {
  return sha256Hex([settings.store, key, owner.run_id, owner.attempt].join('\n')).slice(0, 24);
}

export function runFolderOf(settings: TrainingSettings, marker: string): string {
  return join(settings.hostFolder, 'runs', marker);
}
