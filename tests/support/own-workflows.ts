/** Workflows of somebody who uses the building blocks: bundled with nothing but the package's door `./workflow`. */
import {
  byDifficulty,
  capabilityCurriculum,
  evaluate,
  gate,
  runStage,
  type Placement,
  type Plan,
  type PlannedEvaluation,
  type PlannedStage,
} from '../../workflows/door.js';

export { curriculumWorkflow, evaluationWorkflow, stageWorkflow } from '../../workflows/door.js';

export interface Two {
  readonly see: PlannedStage;
  readonly think: PlannedStage;
  readonly look: PlannedEvaluation;
  readonly placement: Placement;
}

export async function sightBeforeThought({ see, think, look, placement }: Two): Promise<string[]> {
  const seen = await runStage(see, placement);
  if (seen.state === 'stopped') return [seen.reason];
  const looked = await evaluate(look, placement, { after: seen });
  const sharp = await gate(
    { on: 'evaluation', data: look.data.name, min: 0.9 },
    { stage: seen.stage, evaluation: looked },
    placement,
  );
  if (!sharp.passed) return [seen.state, sharp.state];
  const good = await gate({ on: 'approval', question: 'Good?' }, { stage: seen.stage }, placement);
  const thought = await runStage(think, placement, { after: seen });
  return [seen.state, sharp.state, good.detail, thought.state, thought.stage.parent ?? ''];
}

export async function easyFirst({ see, placement }: Two): Promise<PlannedStage> {
  const banded = await byDifficulty(see, placement, { by: 'easy_to_hard', bands: [0.5] });
  return (await runStage(banded, placement)).stage;
}

export async function merged(plan: Plan, placement: Placement): Promise<string[]> {
  const order = [plan.stages.map(({ name }) => name)];
  const { status } = await capabilityCurriculum(plan, placement, { order, control: false });
  return status.stages.map(({ name, state }) => `${name} ${state}`);
}
