/**
 * What is wrong with a recipe's file, each at its place in the file as it was written: a setting of a resolved variant is traced
 * back to the variant, the recipe or the defaults that it comes from.
 */
import { isMap, isNode, type Document } from 'yaml';
import { z } from 'zod';
import { hint, nearestName } from '../core/nearest-name.js';
import { recipeSchema, variantSchema } from '../core/recipe.js';
import { findSecret } from '../core/secrets.js';
import { resolveVariant } from '../core/variants.js';
import { keysAt } from './schema-keys.js';

export interface Complaint {
  /** Into the file's text. */
  readonly offset: number;
  /** Dotted, as it stands in the file. */
  readonly key: string;
  readonly message: string;
  /** Set where the place is outside the variant that it is wrong in. */
  readonly variant?: string;
}

type Path = readonly PropertyKey[];
type Found = Omit<Complaint, 'offset' | 'key'> & { readonly path: Path };

const variantsSchema = z.record(z.string(), variantSchema);

/** @param value the document as plain JSON @param variant one that it has; undefined = the recipe as it stands */
export function complaintsOf(document: Document, value: unknown, variant?: string): Complaint[] {
  const own = ownComplaints(value, variant);
  // A variant of the wrong shape cannot be resolved.
  const found = own.length > 0 ? own : resolvedComplaints(document, value, variant);
  return found.map(({ path, ...rest }) => ({ ...rest, offset: offsetOf(document, path), key: dotted(path) }));
}

/** Of the text itself, before anything is resolved. */
function ownComplaints(value: unknown, variant?: string): Found[] {
  if (variant === undefined) {
    const secret = findSecret(value);
    return secret === null
      ? []
      : [
          {
            path: secret.split('.').map((part) => (/^\d+$/u.test(part) ? Number(part) : part)),
            message: 'looks like a secret; secrets belong to the worker’s environment and never into a recipe',
          },
        ];
  }
  const variants = field(value, 'variants');
  const shape = variantsSchema.safeParse(variants);
  const chosen = ['variants', variant];
  const shapes = (shape.success ? [] : shape.error.issues)
    .filter((issue) => issue.path.length === 0 || issue.path[0] === variant)
    .flatMap((issue) => split(issue, variantsSchema, variants, (path) => ({ path: ['variants', ...path] })));
  const stages = asArray(field(value, 'stages')).map((stage) => String(field(stage, 'name')));
  const change = field(field(variants, variant), 'change');
  const strangers = (isObject(change) ? Object.keys(change) : []).filter((name) => !stages.includes(name));
  return [
    ...shapes,
    ...strangers.map((name) => ({
      path: [...chosen, 'change', name],
      message: `no stage "${name}"; ${hint(name, stages)}`,
    })),
  ];
}

function resolvedComplaints(document: Document, value: unknown, variant?: string): Found[] {
  const resolved = resolveVariant(value, variant);
  const parsed = recipeSchema.safeParse(resolved);
  if (parsed.success) return [];
  const trace = (path: Path): Traced => traced(document, resolved, path, variant);
  return parsed.error.issues.flatMap((issue) => split(issue, recipeSchema, resolved, trace));
}

interface Traced {
  readonly path: Path;
  readonly variant?: string;
}

function split(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, trace: (path: Path) => Traced): Found[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path, value);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const words = near === undefined ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`;
      return { ...trace([...issue.path, key]), message: `unknown key; ${words}` };
    });
  }
  return [{ ...trace(issue.path), message: words(issue, issue.path.length > 0 && !has(value, issue.path)) }];
}

/** Where a setting of the resolved recipe was written: the first of these that the file has wins, as in core/variants.ts. */
function traced(document: Document, resolved: unknown, path: Path, variant?: string): Traced {
  const inVariant = variant === undefined ? [] : ['variants', variant];
  const written = sources(resolved, path, inVariant).find((place) => document.hasIn(place)) ?? path;
  const inside = inVariant.every((part, i) => written[i] === part);
  return { path: written, ...(variant === undefined || inside ? {} : { variant }) };
}

function sources(resolved: unknown, path: Path, inVariant: Path): Path[] {
  const [section, index, ...rest] = path;
  if (section !== 'stages' || index === undefined)
    return inVariant.length > 0 ? [[...inVariant, ...path], path] : [path];
  const stage = field(field(resolved, 'stages'), index);
  const shared = ['defaults', String(field(stage, 'objective')), ...rest];
  const own = inVariant.length > 0 ? [[...inVariant, 'change', String(field(stage, 'name')), ...rest]] : [];
  const sharedOwn = inVariant.length > 0 ? [[...inVariant, ...shared]] : [];
  return [...own, path, ...sharedOwn, shared];
}

function words(issue: z.core.$ZodIssue, missing: boolean): string {
  if (issue.code === 'invalid_type' && missing) return `missing; a value of type ${issue.expected} is needed`;
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `${missing ? 'missing; ' : ''}must be one of ${issue.options.join(', ')}`;
  return `${missing ? 'missing; ' : ''}${issue.message.replace(/^Invalid input: /u, '')}`;
}

/** Where the key stands, else the nearest that encloses it. */
function offsetOf(document: Document, path: Path): number {
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

function dotted(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function has(value: unknown, [head, ...rest]: Path): boolean {
  if (head === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, head)) return false;
  return has(field(value, head), rest);
}

function field(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
