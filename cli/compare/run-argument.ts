/** A run as the command line names it: `recipe.yaml[:variant][#seed][@stage]`. Reads the plan and what the store holds of it. */
import { parseSeed, planFile } from '../../client/plan-file.js';
import type { PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import { StagewrightError } from '../../core/failures.js';
import { hint } from '../../core/nearest-name.js';
import type { Store } from '../../store/store.js';
import { readResults } from '../report/results.js';

export interface ComparedRun {
  /** For people, e.g. `digits-staged, seed 3, after visual`. */
  readonly name: string;
  /** Up to the compared one. */
  readonly stages: readonly PlannedStage[];
  readonly evaluations: readonly PlannedEvaluation[];
}

const FORM = /^(?<file>[^#@]*?\.(?:ya?ml|json))(?::(?<variant>[^#@]+))?(?:#(?<seed>[^@]+))?(?:@(?<stage>.+))?$/u;

/** @throws StagewrightError RecipeInvalid for what is no such name, UnknownName for a stage, DataInvalid when it is not evaluated */
export async function readRun(store: Store, argument: string): Promise<ComparedRun> {
  const { file, variant, seed, stage } = FORM.exec(argument)?.groups ?? {};
  if (file === undefined)
    throw new StagewrightError(
      'RecipeInvalid',
      `"${argument}" names no run; write recipe.yaml[:variant][#seed][@stage], e.g. recipe.yaml:merged#3@visual`,
    );
  const { plan: asked, text } = await planFile(file, { variant, seed: parseSeed(seed, `the seed of ${argument}`) });
  const { plan, stages } = await readResults(store, asked, text);
  const evaluated = stages.filter((of) => of.evaluations.some(({ summary }) => summary !== null));
  const names = plan.stages.map(({ name }) => name);
  if (stage !== undefined && !names.includes(stage))
    throw new StagewrightError('UnknownName', `${argument}: no stage "${stage}"; ${hint(stage, names)}`);
  const last = stage === undefined ? evaluated.at(-1) : evaluated.findLast((of) => of.stage.name === stage);
  if (last === undefined)
    throw new StagewrightError(
      'DataInvalid',
      `${argument}: ${stage === undefined ? 'no stage' : `stage ${stage}`} is evaluated in this store yet; \`stagewright run ${file}\` does it`,
    );
  return {
    name: `${plan.recipe}, seed ${plan.seed}, after ${last.stage.name}`,
    stages: plan.stages.slice(0, names.indexOf(last.stage.name) + 1),
    evaluations: last.evaluations.flatMap(({ evaluation, summary }) => (summary === null ? [] : [evaluation])),
  };
}
