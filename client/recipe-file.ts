/**
 * A recipe, or one variant of it, from YAML: each error names file, line, column, key and what would be right. It plans and runs
 * nothing.
 */
import { readFile } from 'node:fs/promises';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import { recipeSchema, type Recipe } from '../core/recipe.js';
import { resolveVariant, variantNames } from '../core/variants.js';
import { openYaml, type YamlText } from '../store/yaml-text.js';
import { complaintsOf, type Complaint } from './recipe-complaints.js';

export interface RecipeText {
  readonly recipe: Recipe;
  /** As it stands in the file. */
  readonly text: string;
}

/**
 * @param variant one of the file's `variants`; without it the recipe as it stands, and then all variants are checked too
 * @throws StagewrightError RecipeInvalid, or UnknownName for the variant
 */
export async function readRecipe(file: string, variant?: string): Promise<Recipe> {
  return (await readRecipeText(file, variant)).recipe;
}

/** The same, with the text it was read from. */
export async function readRecipeText(file: string, variant?: string): Promise<RecipeText> {
  const text = await readText(file);
  return { recipe: parseRecipe(text, file, variant), text };
}

/** Names of a file's variants, in its order. @throws StagewrightError RecipeInvalid where it is no YAML */
export async function readVariantNames(file: string): Promise<string[]> {
  return variantNames(parse(await readText(file), file).value);
}

/** @throws StagewrightError RecipeInvalid with one line for each error, or UnknownName for the variant. */
export function parseRecipe(text: string, file: string, variant?: string): Recipe {
  const { document, value, at } = parse(text, file);
  const names = variantNames(value);
  if (variant !== undefined && !names.includes(variant))
    throw new StagewrightError('UnknownName', `${file} has no variant "${variant}"; ${hint(variant, names)}`, {
      known: names,
    });
  const checked = variant === undefined ? [undefined, ...names] : [variant];
  const found = checked.flatMap((name) => complaintsOf(document, value, name));
  if (found.length > 0) throw invalid(linesOf(found, at));
  return recipeSchema.parse(resolveVariant(value, variant));
}

interface Parsed extends Pick<YamlText, 'document' | 'at'> {
  readonly value: unknown;
}

function parse(text: string, file: string): Parsed {
  const { document, at, errors } = openYaml(text, file);
  if (errors.length > 0) throw invalid(errors);
  return { document, value: document.toJS() as unknown, at };
}

/** In the order of the file, each once: variants repeat what is wrong with the recipe they stand in. */
function linesOf(complaints: readonly Complaint[], at: (offset: number) => string): string[] {
  const seen = new Set<string>();
  return [...complaints]
    .sort((a, b) => a.offset - b.offset)
    .flatMap(({ offset, key, message, variant }) => {
      const what = `${at(offset)}: ${key === '' ? '' : `${key}: `}${message}`;
      if (seen.has(what)) return [];
      seen.add(what);
      return variant === undefined ? what : `${what} (in variant ${variant})`;
    });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(error);
    throw new StagewrightError('RecipeInvalid', `recipe ${file}: ${reason}`, { file });
  }
}

function invalid(lines: readonly string[]): StagewrightError {
  return new StagewrightError(
    'RecipeInvalid',
    lines.length === 1 ? (lines[0] ?? '') : `${lines.length} errors\n  ${lines.join('\n  ')}`,
  );
}
