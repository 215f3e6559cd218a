/**
 * One attended run as metrics: what the runner's state file says, turned into counts of what happened while this worker looked.
 * What was done before it attached was counted by the worker before it, or by nobody.
 */
import { sameOwner, type Owner } from '../../core/checkpoint.js';
import type { Committed, TrainingProgress } from '../../core/launch.js';
import type { PlannedStage } from '../../core/plan.js';
import type { Metrics } from '../support/metrics.js';
import type { TrainingContext } from './context.js';

export interface RunMetrics {
  /** A runner that this worker started: everything it does counts. Else counting begins with the first progress. */
  started(step: number | null): void;
  progress(progress: TrainingProgress): void;
  /** @param how `done`, `interrupted`, `cancelled` or a failure type */
  ended(how: string): void;
}

const NOTHING: Committed = { count: 0, bytes: 0, seconds: 0, at: null };

export function runMetrics(
  { settings, leases }: Pick<TrainingContext, 'settings' | 'leases'>,
  metrics: Metrics,
  stage: PlannedStage,
  owner: Owner,
  now: () => number = Date.now,
): RunMetrics {
  const begun = now();
  let counted: { step: number; committed: Committed } | null = null;
  let labels: ReturnType<typeof labelsOf> | null = null;
  // Asked late: the lease is taken after the activity has begun.
  const labelled = (): ReturnType<typeof labelsOf> => (labels ??= labelsOf());
  const labelsOf = () => ({
    host: settings.host,
    hold: leases.list().find((lease) => sameOwner(lease.owner, owner))?.holds[0] ?? 'none',
    capability: stage.capability,
    trainer: stage.trainer.name,
  });

  return {
    started(step) {
      counted = { step: step ?? 0, committed: NOTHING };
      labelled();
    },
    progress(p) {
      const on = labelled();
      const committed = p.committed ?? NOTHING;
      const step = p.step ?? 0;
      counted ??= { step, committed };
      metrics.count('stagewright_training_steps', step - counted.step, on);
      metrics.count('stagewright_checkpoints', committed.count - counted.committed.count, on);
      metrics.count('stagewright_checkpoint_bytes', committed.bytes - counted.committed.bytes, on);
      const more = committed.count - counted.committed.count;
      for (let i = 0; i < more; i++)
        metrics.record(
          'stagewright_checkpoint_commit_seconds',
          (committed.seconds - counted.committed.seconds) / more,
          on,
        );
      counted = { step: Math.max(step, counted.step), committed };

      metrics.set('stagewright_training_running', 1, on);
      metrics.set('stagewright_training_step', step, on);
      metrics.set('stagewright_training_planned_steps', p.planned_steps, on);
      metrics.set('stagewright_training_steps_per_second', p.steps_per_second ?? 0, on);
      metrics.set('stagewright_training_idle_seconds', p.idle_seconds, on);
      metrics.set('stagewright_checkpoint_age_seconds', Math.max(0, now() - (committed.at ?? begun)) / 1000, on);
      if (p.last_metrics !== undefined) {
        const { reward, kl, entropy, loss } = p.last_metrics;
        metrics.set('stagewright_training_reward', reward ?? NaN, on);
        metrics.set('stagewright_training_kl', kl ?? NaN, on);
        metrics.set('stagewright_training_entropy', entropy ?? NaN, on);
        metrics.set('stagewright_training_loss', loss ?? NaN, on);
      }
    },
    ended(how) {
      const on = labelled();
      metrics.count('stagewright_attempts', 1, { ...on, end: how });
      // A gauge keeps its last value for ever: nothing must look as if it still ran.
      for (const name of [
        'stagewright_training_running',
        'stagewright_training_steps_per_second',
        'stagewright_training_idle_seconds',
        'stagewright_checkpoint_age_seconds',
      ] as const)
        metrics.set(name, 0, on);
    },
  };
}
