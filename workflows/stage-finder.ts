/** Checkpoints of a stage on behalf of an update: what cannot be found or exported refuses the update and leaves the stage. */
import type { CheckpointAt, FoundCheckpoints, StoreActivities } from '../activities/contracts.js';
import type { SettingChanges } from '../core/amend.js';
import type { StageResult } from '../core/checkpoint.js';
import { EXPORT_LIMIT, storeActivities, UPDATE_LIMIT } from './proxies.js';
import type { StageRun } from './stage-run.js';
import { onBehalf, refuse } from './updates.js';

/** What a checkpoint is kept from retention for: a stage with these settings that goes on from it, or the hand-over of its weights. */
type Holder = SettingChanges | 'hand_over';

export interface Finder {
  /** Null when the stage has none yet. */
  newest(holder?: Holder): Promise<CheckpointAt | null>;
  named(step: number, holder: Holder): Promise<CheckpointAt>;
  exported(checkpoint: CheckpointAt): Promise<StageResult>;
  /** Weights of the parent, verified. */
  takenOver(parent: string): Promise<StageResult>;
  words(steps: readonly number[]): string;
}

export function createFinder(run: StageRun): Finder {
  const store = (limit: typeof UPDATE_LIMIT | typeof EXPORT_LIMIT): StoreActivities =>
    storeActivities(run.input, run.stage.name, limit);
  const find = (step: number | null, holder?: Holder): Promise<FoundCheckpoints> =>
    onBehalf(() =>
      store(UPDATE_LIMIT).findCheckpoint({
        stage: run.stage,
        step,
        ...(holder === undefined ? {} : { hold_for: holder }),
      }),
    );
  const words = (steps: readonly number[]): string => {
    const start = run.stage.parent === null ? '' : '; skip to step 0 hands over the weights that it started from';
    return `checkpoints there are: ${steps.join(', ') || 'none'}${start}`;
  };
  return {
    words,
    newest: async (holder) => (await find(null, holder)).checkpoint,
    async named(step, holder) {
      const { checkpoint, steps } = await find(step, holder);
      if (checkpoint === null) throw refuse(`no whole checkpoint of step ${step}; ${words(steps)}`);
      return checkpoint;
    },
    exported: (checkpoint) => onBehalf(() => store(EXPORT_LIMIT).exportCheckpoint({ stage: run.stage, checkpoint })),
    takenOver: (parent) => onBehalf(() => store(EXPORT_LIMIT).takeOver(parent)),
  };
}
