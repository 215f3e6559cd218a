/** The variants of configs/recipes: they plan, cost the same, and differ in what their names say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { z } from 'zod';
import { readFunnelRows } from '../../cli/pages/funnel-table.js';
import { difficultyOf } from '../../core/order.js';
import type { PlannedStage } from '../../core/plan.js';
import { packageRoot } from '../../store/package-root.js';
import { committedRecipes, planCommitted } from '../support/committed-recipes.js';

const staged = committedRecipes().filter(({ name }) => name.startsWith('digits-'));
/** The witness trains first where there is one, and nothing starts from it. */
const afterBase = (stages: readonly PlannedStage[]): PlannedStage[] =>
  stages.filter(({ name }) => !['witness', 'base'].includes(name));
const stageOf = async (recipe: string, name: string): Promise<PlannedStage> => {
  const found = (await planCommitted(recipe)).stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`${recipe} has no stage ${name}`);
  return found;
};

/** Answers that a stage trains on: samples of RLVR, rows of SFT. */
function answers({ objective }: PlannedStage): number {
  const { steps, batch_size } = objective.training;
  return steps * batch_size * (objective.kind === 'rlvr' ? objective.training.rollouts : 1);
}

test.each(staged.map(({ name }) => name))(
  '%s starts from the same base and trains on 53,760 answers after it',
  async (name) => {
    const plan = await planCommitted(name);
    const base = await stageOf(name, 'base');
    expect(base.key).toBe((await stageOf('digits-staged', 'base')).key);
    const trained = afterBase(plan.stages);
    expect(trained.reduce((sum, stage) => sum + answers(stage), 0)).toBe(53_760);
    expect(trained.map(({ parent }) => parent)).toEqual([base, ...trained.slice(0, -1)].map(({ key }) => key));
  },
);

it('arranges the stages as the names say', () => {
  const orders = Object.fromEntries(staged.map(({ name, recipe }) => [name, recipe.curriculum?.join(' ')]));
  expect(orders).toMatchObject({
    'digits-staged.order-123': 'witness base perception textual visual',
    'digits-staged.order-213': 'witness base textual perception visual',
    'digits-staged.order-321': 'witness base visual textual perception',
    'digits-staged.only-3': 'base visual',
    'digits-staged.only-13': 'witness base perception visual',
    'digits-staged.only-23': 'base textual visual',
    'digits-staged.merged': 'base merged',
  });
});

test.each([
  ['digits-staged.order-123', 'digits-staged'],
  ['digits-staged.merged', 'digits-merged'],
  ['digits-staged.only-3', 'digits-visual-only'],
])('%s trains nothing that %s has not trained', async (variant, other) => {
  const keys = async (name: string): Promise<string[]> => (await planCommitted(name)).stages.map((stage) => stage.key);
  expect(await keys(variant)).toEqual(await keys(other));
});

it('freezes the vision tower of the merged stage, and of no other', async () => {
  const frozen = (await planCommitted('digits-staged.merged-frozen-vision')).stages;
  expect(frozen.map((stage) => stage.objective.training.freeze_vision)).toEqual([false, true]);
});

test.each([
  ['sft-answers', { at: 2, largest: 1, smallest: 1 }],
  ['sft-captions', { describe: 1 }],
])('%s puts SFT in the place of perception’s RLVR, with as many answers and updates', async (variant, mix) => {
  const before = await stageOf('digits-staged.unfiltered', 'perception');
  const after = await stageOf(`digits-staged.${variant}`, 'perception');
  expect([before.objective.kind, after.objective.kind]).toEqual(['rlvr', 'sft']);
  expect(answers(after)).toBe(answers(before));
  const updates = before.objective.kind === 'rlvr' ? before.objective.training.updates_per_batch : 0;
  expect(after.objective.training.steps).toBe(before.objective.training.steps * updates);
  expect(after.data.derivation).toMatchObject({ split: 'rl', count: 2560, mix });
});

const GRID = ['grid-neither', 'grid-difficulty', 'grid-capability', 'grid-both'] as const;
const linesOf = (variant: string): string[] => {
  const text = readFileSync(join(packageRoot(), 'configs', 'recipes', 'digits-staged.yaml'), 'utf8');
  const lines = text.slice(text.indexOf(`  ${variant}:`)).split('\n');
  return [
    lines[0] ?? '',
    ...lines.slice(
      1,
      lines.findIndex((line, i) => i > 0 && !line.startsWith('    ')),
    ),
  ];
};
const differing = (a: string, b: string): number => {
  const [ours, theirs] = [linesOf(a), linesOf(b)];
  expect(ours.length).toBe(theirs.length);
  return ours.filter((line, i) => line !== theirs[i]).length;
};
test.each([
  [GRID[0], GRID[1]],
  [GRID[0], GRID[2]],
  [GRID[1], GRID[3]],
  [GRID[2], GRID[3]],
])('neighbouring cells %s and %s differ in two lines: their name and one setting', (a, b) => {
  expect(differing(a, b)).toBe(2);
});

it('orders by difficulty in two cells of the grid, after the base; all four train on rated questions, none left out', async () => {
  for (const [i, cell] of GRID.entries()) {
    const stages = afterBase((await planCommitted(`digits-staged.${cell}`)).stages);
    expect(new Set(stages.map((stage) => difficultyOf(stage.order)))).toEqual(
      new Set([i % 2 === 1 ? 'easy_to_hard' : null]),
    );
    for (const { data } of stages)
      expect(data.derivation).toMatchObject({ generator: 'difficulty', saturated: null, hopeless: null });
    // The same questions in both: of the stages one after the other, or mixed in the shares of their steps.
    const rows = stages.map(({ data }) => data.inputs?.[0]?.derivation);
    const counts = rows.map((row) => (row?.generator === 'digits' ? row.count : 0));
    expect(counts).toEqual(i < 2 ? [6720] : [2560, 960, 128]);
  }
});

it('the perception stage trains on what came through the funnel, easy to hard, beside questions as they come', async () => {
  const { order, data } = await stageOf('digits-staged', 'perception');
  expect(order).toBe('easy_to_hard');
  const [both] = data.inputs ?? [];
  const [unseen, unfiltered] = both?.parts ?? [];
  const [questions] = unseen?.inputs ?? [];
  const [captions] = questions?.inputs ?? [];
  expect([data, both, unseen, questions, captions].map((set) => set?.derivation.generator)).toEqual([
    'difficulty',
    'union',
    'filter',
    'synthesis',
    'digits',
  ]);
  expect(unseen?.derivation).toMatchObject({ mode: 'strict' });
  const [base, witness] = [await stageOf('digits-staged', 'base'), await stageOf('digits-staged', 'witness')];
  const weights = unseen?.generators?.map(({ identity }) =>
    identity.kind === 'onnx' ? identity.weights : identity.kind,
  );
  expect(weights).toEqual([base.key, witness.key]);
  expect([base.parent, witness.parent]).toEqual([null, null]);
  expect(base.seed).not.toBe(witness.seed);
  expect(unfiltered?.key).toBe((await stageOf('digits-staged.unfiltered', 'perception')).data.key);
  // Scenes of the same split: held-out images are in none of them.
  for (const set of [captions, unfiltered]) expect(set?.derivation).toMatchObject({ split: 'rl' });
});

const seedLine = z.looseObject({ model: z.string(), seed: z.int(), perception: z.number() });
const seeds = readFileSync(join(packageRoot(), 'models', 'seeds.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => seedLine.parse(JSON.parse(line)));
const funnelRows = readFunnelRows(readFileSync(join(packageRoot(), 'models', 'funnel.jsonl'), 'utf8'));
const perceptionOf = (model: string): number[] =>
  seeds.filter((line) => line.model === model).map((line) => line.perception);

it('the demo’s gate lets all recorded seeds pass, ten of them with a margin, and not a stage that taught nothing', async () => {
  const [gate, ...more] = (await stageOf('digits-staged', 'perception')).gates ?? [];
  expect(more).toEqual([]);
  if (gate?.on !== 'evaluation') throw new Error('no gate on the evaluation');
  expect(gate).toMatchObject({ data: 'heldout', capability: 'perception', metric: 'accuracy', on_failure: 'ask' });
  const min = gate.min ?? 0;
  const trained = perceptionOf('staged/perception');
  expect(trained).toHaveLength(10);
  // Two standard errors of 2,048 answers.
  for (const accuracy of trained) expect(accuracy - min).toBeGreaterThan(2 * Math.sqrt((min * (1 - min)) / 2048));
  // What the recipe itself trains on: fewer seeds, nearer to the gate.
  for (const { heldout } of funnelRows) expect(heldout.perception.perception).toBeGreaterThan(min);
  const untrained = perceptionOf('base');
  expect(untrained.reduce((sum, accuracy) => sum + accuracy, 0) / 10).toBeLessThan(min);
  expect(untrained.filter((accuracy) => accuracy < min)).toHaveLength(6);
});
