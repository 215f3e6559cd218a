/** The variants of configs/recipes: they plan, cost the same, and differ in what their names say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { z } from 'zod';
import { difficultyOf } from '../../core/order.js';
import type { PlannedStage } from '../../core/plan.js';
import { packageRoot } from '../../store/package-root.js';
import { committedRecipes, planCommitted } from '../support/committed-recipes.js';

const staged = committedRecipes().filter(({ name }) => name.startsWith('digits-'));
const afterBase = (stages: readonly PlannedStage[]): PlannedStage[] => stages.slice(1);

/** Answers that a stage trains on: samples of RLVR, rows of SFT. */
function answers({ objective }: PlannedStage): number {
  const { steps, batch_size } = objective.training;
  return steps * batch_size * (objective.kind === 'rlvr' ? objective.training.rollouts : 1);
}

test.each(staged.map(({ name }) => name))(
  '%s starts from the same base and trains on 53,760 answers after it',
  async (name) => {
    const plan = await planCommitted(name);
    expect(plan.stages[0]?.key).toBe((await planCommitted('digits-staged')).stages[0]?.key);
    expect(afterBase(plan.stages).reduce((sum, stage) => sum + answers(stage), 0)).toBe(53_760);
    expect(afterBase(plan.stages).every((stage, i) => stage.parent === plan.stages[i]?.key)).toBe(true);
  },
);

it('arranges the stages as the names say', () => {
  const orders = Object.fromEntries(staged.map(({ name, recipe }) => [name, recipe.curriculum?.slice(1).join(' ')]));
  expect(orders).toMatchObject({
    'digits-staged.order-123': 'perception textual visual',
    'digits-staged.order-213': 'textual perception visual',
    'digits-staged.order-321': 'visual textual perception',
    'digits-staged.only-3': 'visual',
    'digits-staged.only-13': 'perception visual',
    'digits-staged.only-23': 'textual visual',
    'digits-staged.merged': 'merged',
  });
});

test.each([
  ['digits-staged.order-123', 'digits-staged'],
  ['digits-staged.merged', 'digits-merged'],
  ['digits-staged.only-3', 'digits-visual-only'],
  ['digits-staged.grid-neither', 'digits-staged.merged'],
  ['digits-staged.grid-capability', 'digits-staged'],
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
  const before = (await planCommitted('digits-staged')).stages[1];
  const after = (await planCommitted(`digits-staged.${variant}`)).stages[1];
  if (before === undefined || after === undefined) throw new Error('no second stage');
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

it('orders by difficulty in two cells of the grid, after the base', async () => {
  for (const [i, cell] of GRID.entries()) {
    const orders = afterBase((await planCommitted(`digits-staged.${cell}`)).stages).map((s) => difficultyOf(s.order));
    expect(new Set(orders)).toEqual(new Set([i % 2 === 1 ? 'easy_to_hard' : null]));
  }
});

const seedLine = z.looseObject({ model: z.string(), seed: z.int(), perception: z.number() });
const seeds = readFileSync(join(packageRoot(), 'models', 'seeds.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => seedLine.parse(JSON.parse(line)));
const perceptionOf = (model: string): number[] =>
  seeds.filter((line) => line.model === model).map((line) => line.perception);

it('the demo’s gate lets all ten recorded seeds pass with a margin, and not a stage that taught nothing', async () => {
  const [gate, ...more] = (await planCommitted('digits-staged')).stages[1]?.gates ?? [];
  expect(more).toEqual([]);
  if (gate?.on !== 'evaluation') throw new Error('no gate on the evaluation');
  expect(gate).toMatchObject({ data: 'heldout', capability: 'perception', metric: 'accuracy', on_failure: 'ask' });
  const min = gate.min ?? 0;
  const trained = perceptionOf('staged/perception');
  expect(trained).toHaveLength(10);
  // Two standard errors of 2,048 answers.
  for (const accuracy of trained) expect(accuracy - min).toBeGreaterThan(2 * Math.sqrt((min * (1 - min)) / 2048));
  const untrained = perceptionOf('base');
  expect(untrained.reduce((sum, accuracy) => sum + accuracy, 0) / 10).toBeLessThan(min);
  expect(untrained.filter((accuracy) => accuracy < min)).toHaveLength(6);
});
