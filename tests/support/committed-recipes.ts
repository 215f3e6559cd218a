/** The recipes of configs/recipes, variant by variant, planned with the real facts of this installation. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readFacts } from '../../client/facts.js';
import { planRecipe, type Plan } from '../../core/plan.js';
import { recipeSchema, type Recipe } from '../../core/recipe.js';
import { resolveVariant, variantNames } from '../../core/variants.js';
import { packageRoot } from '../../store/package-root.js';

const FOLDER = join(packageRoot(), 'configs', 'recipes');

export interface Committed {
  /** Of the variant: `digits-staged.merged`. */
  readonly name: string;
  readonly file: string;
  readonly recipe: Recipe;
}

export function recipeFiles(): string[] {
  return readdirSync(FOLDER).map((name) => join(FOLDER, name));
}

export function readYaml(file: string): unknown {
  return parse(readFileSync(file, 'utf8'));
}

export function committedRecipes(): Committed[] {
  return recipeFiles().flatMap((file) => {
    const value = readYaml(file);
    return [undefined, ...variantNames(value)].map((variant) => {
      const recipe = recipeSchema.parse(resolveVariant(value, variant));
      return { name: recipe.name, file, recipe };
    });
  });
}

export async function planCommitted(name: string): Promise<Plan> {
  const found = committedRecipes().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recipe ${name} in ${FOLDER}`);
  return planRecipe(found.recipe, await readFacts(found.recipe, found.file));
}
