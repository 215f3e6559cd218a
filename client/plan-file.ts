/** From a recipe's file to its plan, with the facts of this installation. */
import { readFile } from 'node:fs/promises';
import { StagewrightError } from '../core/failures.js';
import { planRecipe, type Plan } from '../core/plan.js';
import type { Recipe } from '../core/recipe.js';
import { readFacts } from './facts.js';
import { readRecipe } from './recipe-file.js';

export interface Planned {
  readonly recipe: Recipe;
  readonly plan: Plan;
  /** As it stands in the file. */
  readonly text: string;
}

/** @throws StagewrightError RecipeInvalid or UnknownName. `seed` stands in place of the recipe's own. */
export async function planFile(file: string, seed?: number): Promise<Planned> {
  const read = await readRecipe(file);
  const recipe = seed === undefined ? read : { ...read, seed };
  return { recipe, plan: planRecipe(recipe, await readFacts(recipe, file)), text: await readFile(file, 'utf8') };
}

/** @throws StagewrightError RecipeInvalid */
export function parseSeed(text: string | boolean | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const seed = typeof text === 'string' && /^\d+$/u.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(seed))
    throw new StagewrightError('RecipeInvalid', `${option} must be a whole number from 0, not "${String(text)}"`);
  return seed;
}
