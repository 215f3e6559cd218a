/**
 * From a recipe's file to the recipe of one variant: the variant's patches, then the defaults of each objective. On plain JSON,
 * before the schema sees it, so that defaults of the schema never win over a patch. Pure.
 */
import mergePatch from 'json-merge-patch';
import { StagewrightError } from './failures.js';
import { hint } from './nearest-name.js';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The library patches in place. */
const patched = (target: unknown, patch: unknown): unknown =>
  patch === undefined ? target : mergePatch.apply(structuredClone(target ?? {}), patch);

/** Names of the variants of a file's content. */
export function variantNames(value: unknown): string[] {
  return isObject(value) && isObject(value['variants']) ? Object.keys(value['variants']) : [];
}

/**
 * @param value the parsed YAML; anything that is no object comes back as it is, for the schema to complain about
 * @param variant its name; undefined = the recipe as it stands
 * @throws StagewrightError UnknownName for a variant, RecipeInvalid for a `change` of an unknown stage
 */
export function resolveVariant(value: unknown, variant?: string): unknown {
  if (!isObject(value)) {
    if (variant !== undefined) throw new StagewrightError('UnknownName', `the recipe has no variant "${variant}"`);
    return value;
  }
  return withDefaults(variant === undefined ? value : applyVariant(value, variant));
}

function applyVariant(value: Json, name: string): Json {
  const variants = isObject(value['variants']) ? value['variants'] : {};
  const chosen = Object.hasOwn(variants, name) ? variants[name] : undefined;
  if (!isObject(chosen))
    throw new StagewrightError('UnknownName', `no variant "${name}"; ${hint(name, Object.keys(variants))}`, {
      known: Object.keys(variants),
    });
  const { change, data, evaluation, defaults, ...own } = chosen;
  const { variants: _, ...base } = value;
  const stages = Array.isArray(base['stages']) ? (base['stages'] as unknown[]) : [];
  const changes = isObject(change) ? change : {};
  const known = stages.map((stage) => (isObject(stage) ? stage['name'] : undefined));
  for (const stage of Object.keys(changes))
    if (!known.includes(stage))
      throw new StagewrightError(
        'RecipeInvalid',
        `variant ${name} changes stage "${stage}"; known: ${known.join(', ')}`,
      );
  return {
    ...base,
    ...own,
    name: `${String(base['name'])}.${name}`,
    ...(data === undefined ? {} : { data: patched(base['data'], data) }),
    ...(evaluation === undefined ? {} : { evaluation: patched(base['evaluation'], evaluation) }),
    ...(defaults === undefined ? {} : { defaults: patched(base['defaults'], defaults) }),
    stages: stages.map((stage) => (isObject(stage) ? patched(stage, changes[String(stage['name'])]) : stage)),
  };
}

/** A stage's own settings win over those of its objective. */
function withDefaults(value: Json): Json {
  const { defaults, stages } = value;
  if (!isObject(defaults) || !Array.isArray(stages)) return value;
  return {
    ...value,
    stages: (stages as unknown[]).map((stage) => {
      if (!isObject(stage)) return stage;
      const shared = Object.hasOwn(defaults, String(stage['objective']))
        ? defaults[String(stage['objective'])]
        : undefined;
      return isObject(shared) ? patched(shared, stage) : stage;
    }),
  };
}
