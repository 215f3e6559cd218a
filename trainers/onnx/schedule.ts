/** The learning rate of a step: linear warm-up times a decay. Pure. */
import { assertNever } from '../../core/assert-never.js';
import type { RlvrTraining, SftTraining } from '../../core/training.js';

type Settings = Pick<SftTraining & RlvrTraining, 'steps' | 'learning_rate' | 'warmup_steps' | 'schedule'>;

/** @param step from 1 to `steps`. All optimizer updates of one step share its rate. */
export function learningRate(settings: Settings, step: number): number {
  const { steps, warmup_steps } = settings;
  const warm = warmup_steps === 0 ? 1 : Math.min(1, step / warmup_steps);
  return settings.learning_rate * warm * decay(settings, (step - 1) / Math.max(1, steps - 1));
}

/** Falls from 1 at the first step (progress 0) to `final` at the last (progress 1). */
function decay({ schedule }: Settings, progress: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - (1 - schedule.final) * progress;
    case 'cosine':
      return schedule.final + (1 - schedule.final) * 0.5 * (1 + Math.cos(Math.PI * progress));
    default:
      return assertNever(schedule.kind);
  }
}
