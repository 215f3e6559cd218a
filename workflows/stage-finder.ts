/** Checkpoints of a stage on behalf of an update: what cannot be found or exported refuses the update and leaves the stage. */
import type { CheckpointAt, FoundCheckpoints, StoreActivities } from '../activities/contracts.js';
import type { SettingChanges } from '../core/amend.js';
import type { StageResult } from '../core/checkpoint.js';
import { EXPORT_LIMIT, storeActivities, UPDATE_LIMIT } from './proxies.js';
import type { StageRun } from './stage-run.js';
import { onBehalf, refuse } from './updates.js';

export interface Finder {
  /** Null when the stage has none yet. */
  newest(): Promise<CheckpointAt | null>;
  named(step: number): Promise<CheckpointAt>;
  /** The same, kept from retention for the stage with other settings that goes on from it. */
  held(checkpoint: CheckpointAt, set: SettingChanges): Promise<CheckpointAt>;
  exported(checkpoint: CheckpointAt): Promise<StageResult>;
  /** Weights of the parent, verified. */
  takenOver(parent: string): Promise<StageResult>;
  words(steps: readonly number[]): string;
}

export function createFinder(run: StageRun): Finder {
  const store = (limit: typeof UPDATE_LIMIT | typeof EXPORT_LIMIT): StoreActivities =>
    storeActivities(run.input, run.stage.name, limit);
  const find = (step: number | null, set?: SettingChanges): Promise<FoundCheckpoints> =>
    onBehalf(() =>
      store(UPDATE_LIMIT).findCheckpoint({ stage: run.stage, step, ...(set === undefined ? {} : { hold_for: set }) }),
    );
  const existing = async (step: number, set?: SettingChanges): Promise<CheckpointAt> => {
    const { checkpoint, steps } = await find(step, set);
    if (checkpoint === null) throw refuse(`no whole checkpoint of step ${step}; ${words(steps)}`);
    return checkpoint;
  };
  const words = (steps: readonly number[]): string => {
    const start = run.stage.parent === null ? '' : '; skip to step 0 hands over the weights that it started from';
    return `checkpoints there are: ${steps.join(', ') || 'none'}${start}`;
  };
  return {
    words,
    newest: async () => (await find(null)).checkpoint,
    named: (step) => existing(step),
    held: ({ step }, set) => existing(step, set),
    exported: (checkpoint) => onBehalf(() => store(EXPORT_LIMIT).exportCheckpoint({ stage: run.stage, checkpoint })),
    takenOver: (parent) => onBehalf(() => store(EXPORT_LIMIT).takeOver(parent)),
  };
}
