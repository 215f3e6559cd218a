/** Keys: what changes the mathematics changes the stage's key and its descendants'; nothing else changes any. */
import { expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.js';
import { planRecipe, type Plan, type PlanFacts } from '../../core/plan.js';
import { recipeSchema, type Recipe } from '../../core/recipe.js';

const facts: PlanFacts = {
  models: { tiny: 'a'.repeat(64), demo: 'b'.repeat(64) },
  trainers: { onnx: { version: '1' } },
  digits_sha256: 'c'.repeat(64),
  verifier: { name: 'digits', version: 1 },
  folders: {},
};

function recipe(): Recipe {
  const data = (split: string): object => ({ generator: 'digits', split, count: 64, mix: { at: 1 } });
  const stage = (name: string, objective: string, from: string): object => ({
    name,
    capability: 'perception',
    objective,
    data: from,
    training: { steps: 10, learning_rate: 0.001 },
  });
  return recipeSchema.parse({
    name: 'keys',
    model: 'tiny',
    data: { base: data('base'), rl: data('rl'), heldout: data('heldout') },
    stages: [stage('one', 'sft', 'base'), stage('two', 'rlvr', 'rl'), stage('three', 'rlvr', 'rl')],
    evaluation: { data: ['heldout'] },
  });
}

const keysOf = (plan: Plan): string[] => plan.stages.map((stage) => stage.key);
type Change = (recipe: Recipe, facts: { -readonly [K in keyof PlanFacts]: PlanFacts[K] }) => void;

/** Which of the three stages have another key after the change. */
function changed(change: Change): boolean[] {
  const before = keysOf(planRecipe(recipe(), facts));
  const other = recipe();
  const otherFacts = structuredClone(facts);
  change(other, otherFacts);
  return keysOf(planRecipe(recipeSchema.parse(other), otherFacts)).map((key, i) => key !== before[i]);
}
const stageOf = (r: Recipe, i: number): Recipe['stages'][number] => r.stages[i] as Recipe['stages'][number];

const OUTSIDE: Record<string, Change> = {
  'the recipe’s name': (r) => void (r.name = 'other'),
  'the recipe’s description': (r) => void (r.description = 'words'),
  'a stage’s name': (r) => void (stageOf(r, 1).name = 'renamed'),
  'a stage’s capability label': (r) => void (stageOf(r, 1).capability = 'another'),
  'a stage’s description': (r) => void (stageOf(r, 1).description = 'words'),
  'its execution': (r) => void (stageOf(r, 1).execution = { gpus: 2, class: 'big', threads: 7 }),
  'how often it saves': (r) => void (stageOf(r, 1).checkpoints = { save_every_steps: 3, keep: 9 }),
  'the evaluation': (r) => void (r.evaluation = undefined),
  'a data set that no stage trains on': (r) => void Object.assign(r.data['heldout'] ?? {}, { count: 99 }),
};
test.each(Object.entries(OUTSIDE))('%s is outside every key', (_, change) => {
  expect(changed(change)).toEqual([false, false, false]);
});

const INSIDE: Record<string, Change> = {
  steps: (r) => void (stageOf(r, 1).training.steps = 11),
  'learning rate': (r) => void (stageOf(r, 1).training.learning_rate = 0.002),
  'warm-up': (r) => void (stageOf(r, 1).training.warmup_steps = 3),
  schedule: (r) => void (stageOf(r, 1).training.schedule = { kind: 'constant', final: 1 }),
  'weight decay': (r) => void (stageOf(r, 1).training.weight_decay = 0.5),
  'Adam’s betas': (r) => void (stageOf(r, 1).training.adam_beta2 = 0.95),
  'gradient clipping': (r) => void (stageOf(r, 1).training.max_grad_norm = 2),
  'vision freeze': (r) => void (stageOf(r, 1).training.freeze_vision = true),
  'vision learning-rate factor': (r) => void (stageOf(r, 1).training.vision_learning_rate_factor = 3),
  'batch size': (r) => void (stageOf(r, 1).training.batch_size = 16),
  rollouts: (r) => void Object.assign(stageOf(r, 1).training, { rollouts: 4 }),
  temperature: (r) => void Object.assign(stageOf(r, 1).training, { temperature: 0.7 }),
  'clip bounds': (r) => void Object.assign(stageOf(r, 1).training, { clip_high: 0.3 }),
  'KL coefficient': (r) => void Object.assign(stageOf(r, 1).training, { kl_coefficient: 0.02 }),
  'updates per batch': (r) => void Object.assign(stageOf(r, 1).training, { updates_per_batch: 1 }),
  'format weight': (r) => void Object.assign(stageOf(r, 1).training, { format_weight: 0.2 }),
  'the stage’s own seed': (r) => void (stageOf(r, 1).seed = 9),
  order: (r) => void (stageOf(r, 1).order = 'file'),
};
test.each(Object.entries(INSIDE))('%s changes the stage and its descendants', (_, change) => {
  expect(changed(change)).toEqual([false, true, true]);
});

const EVERYWHERE: Record<string, Change> = {
  'the recipe’s seed': (r) => void (r.seed = 2),
  'the model': (r) => void (r.model = 'demo'),
  'a graph’s sha256': (_, f) => void (f.models = { ...f.models, tiny: 'd'.repeat(64) }),
  'the trainer’s version': (_, f) => void (f.trainers = { onnx: { version: '2' } }),
  'the digits': (_, f) => void (f.digits_sha256 = 'e'.repeat(64)),
};
test.each(Object.entries(EVERYWHERE))('%s changes all', (_, change) => {
  expect(changed(change)).toEqual([true, true, true]);
});

test('the verifier’s version changes RLVR stages, and what follows them', () => {
  expect(changed((_, f) => void (f.verifier = { name: 'digits', version: 2 }))).toEqual([false, true, true]);
});

test('weights of another parent make another stage', () => {
  expect(changed((r) => void (stageOf(r, 2).from = 'one'))).toEqual([false, false, true]);
});

test('the same recipe and facts give the same bytes', () => {
  expect(canonicalJson(planRecipe(recipe(), facts))).toBe(canonicalJson(planRecipe(recipe(), facts)));
});

test('an unknown trainer and an unknown model are errors that name what is known', () => {
  const other = { ...recipe(), trainer: 'verl' };
  expect(() => planRecipe(other, facts)).toThrow('stage one: unknown trainer "verl"; known: onnx');
  expect(() => planRecipe({ ...recipe(), model: 'huge' }, facts)).toThrow('unknown model "huge"; known: tiny, demo');
});
