/** What stages write, against what is free. Checkpoints and exports only: data sets and logs are small beside them. */
import prettyBytes from 'pretty-bytes';
import type { PlannedStage } from '../../core/plan.js';
import type { Backend } from '../../runner/backends/backend.js';
import { modelFolder } from '../../store/models.js';

export interface DiskNeed {
  /** Checkpoints that stay when the stage is done. */
  readonly kept: number;
  readonly bytesEach: number;
  readonly exportBytes: number;
  /** With the checkpoint that is written before an older one goes. */
  readonly most: number;
  readonly left: number;
}

/** Null where the trainer does not tell before it runs. */
export async function diskNeed(stage: PlannedStage, backend: Backend): Promise<DiskNeed | null> {
  if (backend.sizes === undefined) return null;
  const sizes = await backend.sizes(await modelFolder(stage.model));
  const kept = keptCheckpoints(stage);
  const left = kept * sizes.checkpoint + sizes.export;
  return { kept, bytesEach: sizes.checkpoint, exportBytes: sizes.export, left, most: left + sizes.checkpoint };
}

export function keptCheckpoints({ checkpoints, objective }: PlannedStage): number {
  return Math.min(checkpoints.keep, Math.ceil(objective.training.steps / checkpoints.save_every_steps));
}

/** Why the disk does not hold a stage after those before it, or null. */
export function whyNoDisk(need: DiskNeed, free: number, folder: string): string | null {
  if (need.most <= free) return null;
  const { kept, bytesEach, exportBytes, most } = need;
  return (
    `the disk of the store ${folder} has ${prettyBytes(Math.max(0, free))} free where this stage starts; it needs ` +
    `${prettyBytes(most)} (${kept + 1} checkpoints of ${prettyBytes(bytesEach)} and ${prettyBytes(exportBytes)} of weights). ` +
    'Free space, keep fewer checkpoints (checkpoints.keep), or set STAGEWRIGHT_STORE to another disk.'
  );
}
