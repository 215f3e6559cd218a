/** One run of a recipe. Its id is the recipe's name and the plan's hash; all that it does is blocks/capability-curriculum.ts. */
import { ApplicationFailure } from '@temporalio/workflow';
import { planSchema } from '../core/plan.js';
import { capabilityCurriculum } from './blocks/capability-curriculum.js';
import type { CurriculumEnd, CurriculumInput } from './messages.js';

export async function curriculumWorkflow(input: CurriculumInput): Promise<CurriculumEnd> {
  const parsed = planSchema.safeParse(input.plan);
  if (!parsed.success) throw ApplicationFailure.nonRetryable(`not a plan: ${parsed.error.message}`, 'RecipeInvalid');
  return capabilityCurriculum(parsed.data, input);
}
