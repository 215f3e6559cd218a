/** Planning again: what a change of a running curriculum does to keys, and that nothing else of the plan moves. */
import { expect, it, test } from 'vitest';
import { amendableSettings, amendStage, isOtherStage, positionBreakers } from '../../core/amend.js';
import { planAgain, type PlanChange } from '../../core/plan-again.js';
import { checkpointWeightsKey, planRecipe, planSchema, type Plan, type PlannedStage } from '../../core/plan.js';
import { readFacts } from '../../client/facts.js';
import { committedRecipes, planCommitted } from '../support/committed-recipes.js';

const staged = await planCommitted('digits-staged');
const stageOf = (plan: Plan, name: string): PlannedStage => {
  const found = plan.stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
};
const textual = stageOf(staged, 'textual');
const keys = (plan: Plan): string[] => plan.stages.map((stage) => stage.key);
/** Which stages have another key than in the staged plan. */
const moved = (plan: Plan): string[] =>
  plan.stages.filter(({ key }, i) => key !== staged.stages[i]?.key).map(({ name }) => name);
const amend = (more: Partial<Extract<PlanChange, { kind: 'amend' }>>, plan = staged, stage = textual.key): Plan =>
  planSchema.parse(
    planAgain(plan, {
      kind: 'amend',
      stage,
      set: { 'training.learning_rate': 0.0001 },
      continues: null,
      weights: null,
      ...more,
    }),
  );

it('an amended stage and what follows get new keys; evaluations follow their weights', () => {
  const plan = amend({ continues: { key: textual.key, step: 20 } });
  expect(moved(plan)).toEqual(['textual', 'visual']);
  expect(stageOf(plan, 'textual')).toMatchObject({
    continues: { key: textual.key, step: 20 },
    parent: textual.parent,
    objective: { training: { learning_rate: 0.0001, steps: 30 } },
  });
  expect(stageOf(plan, 'visual').parent).toBe(stageOf(plan, 'textual').key);
  expect(plan.evaluations.map(({ weights }) => weights)).toEqual(keys(plan));
  expect(plan.evaluations.filter(({ key }, i) => key !== staged.evaluations[i]?.key).map(({ stage }) => stage)).toEqual(
    ['textual', 'visual'],
  );
  expect(plan.hash).not.toBe(staged.hash);
});

it('the checkpoint that it continues is part of the key: another step is another stage', () => {
  const at = (step: number): string => stageOf(amend({ continues: { key: textual.key, step } }), 'textual').key;
  expect(new Set([at(10), at(20), stageOf(amend({}), 'textual').key]).size).toBe(3);
});

it('amended twice, it continues the second one only', () => {
  const once = amend({ continues: { key: textual.key, step: 10 } });
  const { key } = stageOf(once, 'textual');
  const twice = amend({ set: { 'training.kl_coefficient': 0.1 }, continues: { key, step: 15 } }, once, key);
  expect(stageOf(twice, 'textual')).toMatchObject({
    continues: { key, step: 15 },
    objective: { training: { learning_rate: 0.0001, kl_coefficient: 0.1 } },
  });
});

it('weights only: they are the parent, and nothing is continued', () => {
  const weights = checkpointWeightsKey({ key: textual.key, step: 20 });
  const amended = stageOf(amend({ weights }), 'textual');
  expect(amended.parent).toBe(weights);
  expect(amended).not.toHaveProperty('continues');
});

it('set back to what it was, a stage that never ran is the old stage again', () => {
  const there = amend({ set: { 'training.steps': 31 } });
  const back = amend({ set: { 'training.steps': 30 } }, there, stageOf(there, 'textual').key);
  expect(back).toEqual(staged);
});

it('a change outside the key moves no key, and the plan says it', () => {
  const plan = amend({ set: { 'execution.threads': 1, 'checkpoints.keep': 5, gates: [] } });
  expect(moved(plan)).toEqual([]);
  expect(stageOf(plan, 'textual')).toMatchObject({ execution: { threads: 1 }, checkpoints: { keep: 5 } });
});

it('steps below the checkpoint leave nothing to train', () => {
  expect(() => amend({ set: { 'training.steps': 20 }, continues: { key: textual.key, step: 20 } })).toThrow(
    'stage textual is at step 20 already: training.steps must be above it, not 20',
  );
});

it('handed-over weights are the parent of what follows; the stage itself stays', () => {
  const weights = checkpointWeightsKey({ key: textual.key, step: 20 });
  const plan = planSchema.parse(planAgain(staged, { kind: 'hand_over', stage: textual.key, weights }));
  expect(moved(plan)).toEqual(['visual']);
  expect(stageOf(plan, 'visual').parent).toBe(weights);
  expect(plan.evaluations.map((one) => one.weights)).toEqual([
    ...keys(staged).slice(0, 3),
    weights,
    stageOf(plan, 'visual').key,
  ]);
});

it('another order of rows is another stage', () => {
  expect(moved(planAgain(staged, { kind: 'order', stage: textual.key, order: 'file' }))).toEqual(['textual', 'visual']);
  expect(planAgain(staged, { kind: 'order', stage: textual.key, order: textual.order })).toEqual(staged);
});

test.each([
  ['order-123', ['witness', 'base', 'perception', 'textual', 'visual']],
  ['order-213', ['witness', 'base', 'textual', 'perception', 'visual']],
  ['order-321', ['witness', 'base', 'visual', 'textual', 'perception']],
])('stages arranged as in %s are the stages of that variant', async (variant, order) => {
  const arranged = planSchema.parse(planAgain(staged, { kind: 'arrange', order }));
  const written = await planCommitted(`digits-staged.${variant}`);
  expect(keys(arranged)).toEqual(keys(written));
  expect(arranged.evaluations.map(({ key }) => key)).toEqual(written.evaluations.map(({ key }) => key));
});

it('what an amended stage answers is another data set, and so is all that is made of it', async () => {
  const base = stageOf(staged, 'base');
  const plan = amend({ set: { 'training.steps': 1400 } }, staged, base.key);
  expect(moved(plan)).toEqual(['base', 'perception', 'textual', 'visual']);
  const written = committedRecipes().find(({ name }) => name === 'digits-staged');
  if (written === undefined) throw new Error('no recipe');
  const { recipe, file } = written;
  const stages = recipe.stages.map((stage) =>
    stage.name === 'base' ? { ...stage, training: { ...stage.training, steps: 1400 } } : stage,
  ) as typeof recipe.stages;
  expect(plan).toEqual(planRecipe({ ...recipe, stages }, await readFacts(recipe, file)));
  expect(amend({ set: { 'training.steps': 1300 } }, plan, stageOf(plan, 'base').key)).toEqual(staged);
});

it('merged stages take the rows of all and as many steps', () => {
  const plan = planAgain(staged, { kind: 'arrange', order: ['base', ['perception', 'textual', 'visual']] });
  expect(plan.stages.map(({ name }) => name)).toEqual(['base', 'perception-textual-visual']);
  expect(plan.stages[1]).toMatchObject({
    parent: stageOf(staged, 'base').key,
    objective: { training: { steps: 210 } },
  });
  expect(plan.stages[1]?.data.parts?.map(({ name }) => name)).toEqual(['perception', 'textual', 'visual']);
  expect(() => planAgain(staged, { kind: 'arrange', order: [['base', 'visual']] })).toThrow('cannot be merged');
  expect(() => planAgain(staged, { kind: 'arrange', order: ['bass'] })).toThrow(
    'no stage "bass" in the plan; known: witness, base',
  );
});

const REFUSED: [set: Record<string, string | number | boolean>, words: string, only?: 'execution'][] = [
  [
    { 'training.learning_rat': 1 },
    'stage textual has no setting "training.learning_rat"; did you mean "training.learning_rate"?',
  ],
  [{ name: 'x' }, 'stage textual has no setting "name"'],
  [{ 'training.steps': 'many' }, 'training.steps: Invalid input: expected number, received string'],
  [{ 'training.steps': 0 }, 'training.steps: Too small'],
  [{ order: 'random' }, 'order: '],
  [{ 'training.seed': `hf_${'a'.repeat(34)}` }, 'looks like a secret'],
  [{ 'training.steps': 40 }, '"training.steps" is no execution setting; use amend to change it', 'execution'],
];
test.each(REFUSED)('%o is refused', (set, words, only) => {
  expect(() => amendStage(textual, set, only)).toThrow(words);
});

it('every setting that may be changed has a side, and says whether a position is left to go on from', () => {
  const values: Record<string, string | number | boolean | object> = {
    order: 'file',
    seed: 99,
    gates: [],
    'execution.class': 'big',
    'training.freeze_vision': true,
    'training.schedule': { kind: 'constant' },
  };
  const sides = amendableSettings(textual).map((name) => {
    const [section = '', field = ''] = name.split('.');
    const now = section === 'training' ? (textual.objective.training as Record<string, unknown>)[field] : undefined;
    const value = values[name] ?? (typeof now === 'number' ? (now < 1 ? 0.5 : now + 1) : 7);
    const other = isOtherStage(textual, amendStage(textual, { [name]: value as never }));
    expect([name, other]).toEqual([name, section === 'training' || name === 'order' || name === 'seed']);
    return name;
  });
  expect(positionBreakers(Object.fromEntries(sides.map((name) => [name, 1]))).sort()).toEqual([
    'order',
    'seed',
    'training.batch_size',
  ]);
});
