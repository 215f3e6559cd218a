/**
 * Plans a recipe's file for looking at: the recipe and its variants with the same facts, and with trainers that are not installed,
 * which a run would refuse. Keys of those are not known.
 */
import { planRecipe, type Plan, type PlanFacts, type PlannedStage } from '../../core/plan.js';
import type { Recipe } from '../../core/recipe.js';
import { readFacts } from '../facts.js';
import { readRecipe, readVariantNames } from '../recipe-file.js';

export interface Draft {
  /** Null = the recipe as it stands. */
  readonly variant: string | null;
  readonly recipe: Recipe;
  readonly plan: Plan;
  /** Why a stage's trainer cannot be asked, by the stage's name. */
  readonly absent: ReadonlyMap<string, string>;
  /** Null where a trainer that is not installed stands in the stage's lineage. */
  readonly keyOf: (stage: Pick<PlannedStage, 'name'>) => string | null;
}

/** The recipe itself first, then its variants in the order of the file. @throws StagewrightError RecipeInvalid, UnknownName */
export async function draftPlans(file: string, seed?: number): Promise<Draft[]> {
  const variants = [null, ...(await readVariantNames(file))];
  const recipes = await Promise.all(
    variants.map(async (variant) => {
      const recipe = await readRecipe(file, variant ?? undefined);
      return { variant, recipe: seed === undefined ? recipe : { ...recipe, seed } };
    }),
  );
  const [first] = recipes;
  if (first === undefined) return [];
  // Read once: facts depend on the installation, and on the folders of rows that any of them names.
  const data = Object.fromEntries(
    recipes.flatMap(({ recipe }, i) => Object.entries(recipe.data).map(([name, set]) => [`${i}/${name}`, set])),
  );
  const facts = await readFacts({ ...first.recipe, data }, file);
  return recipes.map(({ variant, recipe }) => draft(variant, recipe, facts));
}

function draft(variant: string | null, recipe: Recipe, facts: PlanFacts): Draft {
  const known = Object.keys(facts.trainers);
  const absent = new Map<string, string>();
  const trainers: Record<string, PlanFacts['trainers'][string]> = { ...facts.trainers };
  for (const stage of recipe.stages) {
    const [trainer = '', version = 'not installed'] = (stage.trainer ?? recipe.trainer).split('@', 2);
    if (known.includes(trainer)) continue;
    const versions = [...(trainers[trainer]?.versions ?? []), version];
    trainers[trainer] = { version: 'not installed', versions };
    absent.set(stage.name, `unknown trainer "${trainer}"; known: ${known.join(', ')}`);
  }
  const plan = planRecipe(recipe, { ...facts, trainers });
  const unknown = new Set<string>();
  for (const stage of plan.stages)
    if (absent.has(stage.name) || (stage.parent !== null && unknown.has(stage.parent))) unknown.add(stage.key);
  const keys = new Map(plan.stages.map(({ name, key }) => [name, unknown.has(key) ? null : key]));
  return { variant, recipe, plan, absent, keyOf: ({ name }) => keys.get(name) ?? null };
}
