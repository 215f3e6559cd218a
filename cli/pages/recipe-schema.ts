/** configs/recipe.schema.json as text: the recipe's schema for editors. */
import { recipeJsonSchema } from '../../core/recipe-json-schema.js';

export function recipeSchemaText(): string {
  return `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`;
}
