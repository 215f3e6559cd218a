/**
 * The recipe's schema as JSON Schema, for editors (configs/recipe.schema.json). It knows that `defaults` may give what a stage
 * leaves out and that a variant's `change` is a patch; what parts of a recipe demand of each other is recipe-checks.ts's alone.
 */
import { z } from 'zod';
import { recipeSchema, stageSchema } from './recipe.js';

type Json = Record<string, unknown>;

export function recipeJsonSchema(): Json {
  const recipe = jsonSchema(recipeSchema);
  const properties = object(recipe['properties']);
  const definitions: Json = {};
  for (const option of stageSchema.options) {
    const [objective] = option.shape.objective.values;
    definitions[`stage_${objective}`] = partial(jsonSchema(option));
  }
  // A change may turn a stage into one of the other objective: settings of both.
  definitions['change'] = removable(Object.values(definitions).map(object).reduce(united));
  object(properties['stages'])['items'] = {
    anyOf: [reference('stage_sft'), reference('stage_rlvr')],
    required: ['name', 'objective'],
  };
  const defaults = {
    type: 'object',
    properties: { sft: reference('stage_sft'), rlvr: reference('stage_rlvr') },
    additionalProperties: false,
  };
  properties['defaults'] = describedBy(properties['defaults'], defaults);
  const variant = object(object(object(properties['variants'])['additionalProperties'])['properties']);
  variant['defaults'] = describedBy(variant['defaults'], defaults);
  variant['data'] = describedBy(variant['data'], { type: 'object' });
  variant['evaluation'] = describedBy(variant['evaluation'], { type: 'object' });
  object(variant['change'])['additionalProperties'] = reference('change');
  const { definitions: _, ...rest } = recipe;
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'stagewright recipe', ...rest, definitions };
}

/** Draft 7 is what most editors' YAML support reads. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as Json;
  return rest;
}

function reference(name: string): Json {
  return { $ref: `#/definitions/${name}` };
}

/** Nothing of it must be there. */
function partial(schema: Json): Json {
  const { required: _, ...rest } = schema;
  if (!isObject(rest['properties'])) return rest;
  return { ...rest, properties: mapValues(rest['properties'], partial) };
}

/** What either allows; of a value that only one kind may have, either kind's. */
function united(a: Json, b: Json): Json {
  if (a['const'] !== undefined && a['const'] !== b['const']) return { enum: [a['const'], b['const']] };
  if (!isObject(a['properties']) || !isObject(b['properties'])) return b;
  const [ours, theirs] = [a['properties'], b['properties']];
  const both = mapValues(theirs, (value) => value);
  for (const [name, own] of Object.entries(ours))
    both[name] = name in theirs ? united(object(own), object(theirs[name])) : own;
  return { ...b, properties: both };
}

/** A merge patch removes by null. */
function removable(schema: Json): Json {
  const { properties, ...rest } = schema;
  if (!isObject(properties)) return rest;
  return {
    ...rest,
    properties: mapValues(properties, (own) => ({ anyOf: [removable(own), { type: 'null' }], ...describing(own) })),
  };
}

function describedBy(old: unknown, schema: Json): Json {
  return { ...describing(object(old)), ...schema };
}
function describing(schema: Json): Json {
  return typeof schema['description'] === 'string' ? { description: schema['description'] } : {};
}
function mapValues(of: Json, change: (value: Json) => Json): Json {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(object(value))]));
}
function object(value: unknown): Json {
  if (!isObject(value)) throw new TypeError('the recipe schema has changed its shape');
  return value;
}
function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
