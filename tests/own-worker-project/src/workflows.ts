import { proxyActivities } from '@temporalio/workflow';
import { evaluate, gate, runStage } from 'stagewright/workflow';
import type { Placement, PlannedEvaluation, PlannedStage } from 'stagewright/workflow';
import type * as activities from './activities.js';

// Children of the blocks: a Worker serves only what its workflow file exports.
export { evaluationWorkflow, stageWorkflow } from 'stagewright/workflow';

const { announce } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

export interface SightBeforeThought {
  see: PlannedStage;
  think: PlannedStage;
  look: PlannedEvaluation;
  /** Share of held-out questions that must be answered rightly before thinking is trained. */
  atLeast: number;
  placement: Placement;
}

/** Two stages of one's own, and a gate between them. */
export async function sightBeforeThought(input: SightBeforeThought): Promise<string> {
  const { placement } = input;
  const seen = await runStage(input.see, placement);
  if (seen.state === 'stopped') return seen.reason;

  const look = await evaluate(input.look, placement, { after: seen });
  const sharp = await gate(
    { on: 'evaluation', data: look.data.name, metric: 'accuracy', min: input.atLeast },
    { stage: seen.stage, evaluation: look },
    placement,
  );
  await announce(`the gate is ${sharp.state}: ${sharp.detail}`);
  if (!sharp.passed) return sharp.detail;

  const thought = await runStage(input.think, placement, { after: seen });
  return thought.state === 'stopped' ? thought.reason : `weights ${thought.weights}`;
}
