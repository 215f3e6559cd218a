/** A recipe from YAML: each error names file, line, column, key and what would be right. It plans and runs nothing. */
import { readFile } from 'node:fs/promises';
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { StagewrightError } from '../core/failures.js';
import { recipeSchema, type Recipe } from '../core/recipe.js';
import { nearestName } from '../core/nearest-name.js';
import { keysAt } from './schema-keys.js';

/** @throws StagewrightError RecipeInvalid */
export async function readRecipe(file: string): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new StagewrightError('RecipeInvalid', `recipe ${file}: ${reason}`, { file });
  }
  return parseRecipe(text, file);
}

/** @throws StagewrightError RecipeInvalid with one line for each error. */
export function parseRecipe(text: string, file: string): Recipe {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw invalid(
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split(' at line ')[0] ?? error.message}`),
    );
  const value: unknown = document.toJS();
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues
      .flatMap((issue) => split(issue, document, value))
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, key, message }) => `${at(offset)}: ${key === '' ? '' : `${key}: `}${message}`),
  );
}

interface Complaint {
  readonly offset: number;
  readonly key: string;
  readonly message: string;
}

function split(issue: z.core.$ZodIssue, document: Document, value: unknown): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(recipeSchema, issue.path, value);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`;
      return {
        offset: offsetOf(document, [...issue.path, key]),
        key: dotted([...issue.path, key]),
        message: `unknown key; ${hint}`,
      };
    });
  }
  const missing = !document.hasIn(issue.path) && issue.path.length > 0;
  return [{ offset: offsetOf(document, issue.path), key: dotted(issue.path), message: words(issue, missing) }];
}

function words(issue: z.core.$ZodIssue, missing: boolean): string {
  if (issue.code === 'invalid_type' && missing) return `missing; a value of type ${issue.expected} is needed`;
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `${missing ? 'missing; ' : ''}must be one of ${issue.options.join(', ')}`;
  return `${missing ? 'missing; ' : ''}${issue.message.replace(/^Invalid input: /u, '')}`;
}

/** Where the key stands, else the nearest that encloses it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  if (path.length === 0) return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const key = parent.items.map((pair) => pair.key).find((k) => isNode(k) && String(k) === String(last));
    if (isNode(key)) return key.range?.[0] ?? 0;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? 0) : offsetOf(document, path.slice(0, -1));
}

function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function invalid(lines: readonly string[]): StagewrightError {
  return new StagewrightError(
    'RecipeInvalid',
    lines.length === 1 ? (lines[0] ?? '') : `${lines.length} errors\n  ${lines.join('\n  ')}`,
  );
}
