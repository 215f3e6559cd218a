/** Planning again from within a workflow: by an activity, since keys are never made in workflow code. */
import type { PlanChange } from '../../core/plan-again.js';
import type { Plan, PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import type { Placement } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { controlActivities } from '../proxies.js';

export async function planAgain(plan: Plan, change: PlanChange, placement: Placement): Promise<Plan> {
  const control = controlActivities(placement, `${change.kind.replace('_', ' ')}: keys of what follows`);
  return persist(() => control.planAgain({ plan, change }), waitOut());
}

/** For a stage, or an evaluation of one, that belongs to no plan. */
export async function planAlone(
  stage: PlannedStage,
  change: PlanChange,
  placement: Placement,
  evaluations: PlannedEvaluation[] = [],
): Promise<{ readonly stage: PlannedStage; readonly evaluation: PlannedEvaluation | null }> {
  const { seed, key: hash, name } = stage;
  const alone: Plan = { schema: 'stagewright/plan@1', recipe: name, seed, hash, stages: [stage], evaluations };
  const again = await planAgain(alone, change, placement);
  return { stage: again.stages[0] ?? stage, evaluation: again.evaluations[0] ?? null };
}
