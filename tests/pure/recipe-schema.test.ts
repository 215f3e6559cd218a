/** configs/recipe.schema.json: current, and of one mind with the recipe's own schema about what editors should mark. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseRecipe } from '../../client/recipe-file.js';
import { recipeSchemaText } from '../../cli/pages/recipe-schema.js';
import { recipeSchema } from '../../core/recipe.js';
import { resolveVariant } from '../../core/variants.js';
import { packageRoot } from '../../store/package-root.js';
import { readYaml, recipeFiles } from '../support/committed-recipes.js';

const text = readFileSync(join(packageRoot(), 'configs', 'recipe.schema.json'), 'utf8');
const schema = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (value: unknown): boolean => schema.safeParse(value).success;

it('is current (npm run docs)', () => {
  expect(text).toBe(recipeSchemaText());
});

test.each(recipeFiles())('%s names the schema and is accepted by it', (file) => {
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=../recipe.schema.json');
  expect(accepts(readYaml(file))).toBe(true);
});

const stage = {
  name: 'one',
  capability: 'base',
  objective: 'sft',
  data: 'd',
  training: { steps: 1, learning_rate: 1 },
};
const recipe = {
  name: 'r',
  model: 'tiny',
  data: { d: { generator: 'digits', split: 'rl', count: 1, mix: { at: 1 } } },
  stages: [stage],
};

const RIGHT: Record<string, object> = {
  'a whole recipe': recipe,
  'settings that defaults give': {
    ...recipe,
    defaults: { sft: { capability: 'base', training: { steps: 1, learning_rate: 1 } } },
    stages: [{ name: 'one', objective: 'sft', data: 'd' }],
  },
  'a variant that removes by null': {
    ...recipe,
    variants: { v: { change: { one: { training: { weight_decay: null } } } } },
  },
};
test.each(Object.entries(RIGHT))('editor and reader take %s', (_, value) => {
  expect(accepts(value)).toBe(true);
  expect(recipeSchema.safeParse(resolveVariant(value)).success).toBe(true);
});

const WRONG: Record<string, object> = {
  'an unknown key': { ...recipe, stagez: [] },
  'an unknown training setting': { ...recipe, stages: [{ ...stage, training: { ...stage.training, stepz: 1 } }] },
  'a setting of the other objective': {
    ...recipe,
    stages: [{ ...stage, training: { ...stage.training, rollouts: 4 } }],
  },
  'an unknown generator': { ...recipe, data: { d: { generator: 'letters' } } },
  'a wrong type': { ...recipe, seed: 'one' },
};
test.each(Object.entries(WRONG))('editor and reader mark %s', (_, value) => {
  expect(accepts(value)).toBe(false);
  expect(recipeSchema.safeParse(resolveVariant(value)).success).toBe(false);
});

it('marks a wrong type inside a variant’s change', () => {
  expect(accepts({ ...recipe, variants: { v: { change: { one: { training: { steps: 'many' } } } } } })).toBe(false);
});

it('the recipe of docs/recipes.md is one', () => {
  const page = readFileSync(join(packageRoot(), 'docs', 'recipes.md'), 'utf8');
  const [, example = ''] = /```yaml\n(# yaml-language-server[\s\S]*?)```/u.exec(page) ?? [];
  expect(parseRecipe(example, 'docs/recipes.md').name).toBe('my-digits');
  expect(accepts(parse(example))).toBe(true);
});
