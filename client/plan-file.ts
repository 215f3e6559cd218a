/** From a recipe's file, or one of its variants, to its plan, with the facts of this installation. */
import { StagewrightError } from '../core/failures.js';
import { planRecipe, type Plan } from '../core/plan.js';
import type { Recipe } from '../core/recipe.js';
import { readFacts } from './facts.js';
import { readRecipeText } from './recipe-file.js';

export interface PlanOptions {
  /** One of the file's variants; without it the recipe as it stands. */
  readonly variant?: string | undefined;
  /** Stands in place of the recipe's own. */
  readonly seed?: number | undefined;
}

export interface Planned {
  readonly recipe: Recipe;
  readonly plan: Plan;
  /** As it stands in the file. */
  readonly text: string;
}

/** @throws StagewrightError RecipeInvalid or UnknownName. */
export async function planFile(file: string, { variant, seed }: PlanOptions = {}): Promise<Planned> {
  const { recipe: read, text } = await readRecipeText(file, variant);
  const recipe = seed === undefined ? read : { ...read, seed };
  return { recipe, plan: planRecipe(recipe, await readFacts(recipe, file)), text };
}

/** @throws StagewrightError RecipeInvalid */
export function parseSeed(text: string | boolean | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const seed = typeof text === 'string' && /^\d+$/u.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(seed))
    throw new StagewrightError('RecipeInvalid', `${option} must be a whole number from 0, not "${String(text)}"`);
  return seed;
}
