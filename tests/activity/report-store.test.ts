/** What the report says of a real store is what the store holds: attempts, amended and skipped stages, evaluations, gates. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureGate } from '../../activities/evaluation/measure-gate.js';
import { planAgain } from '../../core/plan-again.js';
import type { Plan, PlannedStage } from '../../core/plan.js';
import { wilsonInterval } from '../../core/wilson.js';
import { writeReport, type Report } from '../../cli/report/write-report.js';
import type { RecipeFigures } from '../../cli/report/figures.js';
import type { Store } from '../../store/store.js';
import { readTrainingLog } from '../../store/training-log.js';
import { handOver, madePlan, madeRecipe, makeAttempts, makeEvaluation } from '../support/made-runs.js';
import { temporaryFolder, temporaryStore } from '../support/runs.js';

const recipe = madeRecipe({ prices: { currency: 'EUR', device_hour: 3600 } });
const asked = madePlan(recipe);

const stageOf = (plan: Plan, name: string): PlannedStage => {
  const found = plan.stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
};

async function report(store: Store): Promise<Report & { recipe: RecipeFigures; page: string }> {
  const out = join(process.env['STAGEWRIGHT_TEST_REPORT'] ?? (await temporaryFolder()), 'report.html');
  const made = await writeReport({
    store: store.root,
    planned: [{ recipe, plan: asked, text: 'name: made' }],
    out,
    title: 'made',
  });
  const [figures] = made.figures.recipes;
  if (figures === undefined) throw new Error('no recipe');
  return { ...made, recipe: figures, page: readFileSync(out, 'utf8') };
}

const BASE = { to: 60, saves: [50, 60], end: 'done' };

it('a store in which nothing has begun', async () => {
  const { recipe: figures, page } = await report(await temporaryStore());
  expect(figures.stages.map((stage) => stage.state)).toEqual(Array(4).fill('not started'));
  expect(figures.gates.map((gate) => gate.verdict)).toEqual([
    'unmeasured',
    'unmeasured',
    'asks a person',
    'unmeasured',
  ]);
  expect(page).toContain('Nothing has been trained yet');
});

it('a folder that is no store is said so', async () => {
  const folder = await temporaryFolder();
  const options = { store: folder, planned: [], out: join(folder, 'report.html'), title: 'none' };
  await expect(writeReport(options)).rejects.toMatchObject({ type: 'StoreUnreachable' });
});

it('attempts that broke off: what counts, what was overtaken, what was passed over', async () => {
  const store = await temporaryStore();
  await makeAttempts(store, stageOf(asked, 'base'), [BASE]);
  const perception = stageOf(asked, 'perception');
  await makeAttempts(store, perception, [
    { to: 37, saves: [10, 20, 30], end: 'TrainerExited' },
    { to: 58, saves: [40, 50], end: 'gone', damage: [30] },
    { to: 80, saves: [60, 80], end: 'done' },
  ]);
  const { recipe: figures } = await report(store);
  const [base, stage] = figures.stages;
  expect(base).toMatchObject({ state: 'done', counted_steps: 60, overtaken_steps: 0, origin: { kind: 'scratch' } });
  expect(stage).toMatchObject({
    state: 'done',
    origin: { kind: 'stage', name: 'base' },
    counted_steps: 80,
    overtaken_steps: 17 + 8,
    counted_seconds: 40,
    all_seconds: 52.5,
  });
  expect(stage?.attempts).toMatchObject([
    { epoch: 1, from_step: 0, last_step: 37, counted_steps: 20, overtaken_steps: 17, ended: 'TrainerExited' },
    { epoch: 2, from_step: 20, last_step: 58, counted_steps: 30, overtaken_steps: 8, ended: 'gone' },
    { epoch: 3, from_step: 50, last_step: 80, counted_steps: 30, overtaken_steps: 0, ended: 'done' },
  ]);
  expect(stage?.attempts[1]?.passed_over).toMatchObject([{ epoch: 1, step: 30 }]);
  // The same as what a gate measures: the mean of the last ten steps that count.
  const log = await readTrainingLog(store, perception.key);
  const rewards = log.slice(-10).map((line) => (line.objective === 'rlvr' ? line.reward : NaN));
  expect(stage?.metrics['reward']?.last).toBeCloseTo(rewards.reduce((a, b) => a + b, 0) / 10, 12);
});

it('an amended stage goes on in its slot; a later one was skipped, and the last began anew from weights', async () => {
  const store = await temporaryStore();
  await makeAttempts(store, stageOf(asked, 'base'), [BASE]);
  const before = stageOf(asked, 'perception');
  await makeAttempts(store, before, [
    { to: 25, saves: [10, 20], end: 'TrainerExited' },
    { to: 55, saves: [30, 40, 50], end: 'stopped' },
  ]);
  const amended = planAgain(asked, {
    kind: 'amend',
    stage: before.key,
    set: { 'training.learning_rate': 0.0003, 'training.steps': 100 },
    continues: { key: before.key, step: 40 },
    weights: null,
  });
  await makeAttempts(store, stageOf(amended, 'perception'), [{ to: 100, saves: [80, 100], end: 'done' }]);
  const textual = stageOf(amended, 'textual');
  await makeAttempts(store, textual, [{ to: 28, saves: [10, 20], end: 'stopped' }]);
  const weights = await handOver(store, textual, 1, 20);
  const skipped = planAgain(amended, { kind: 'hand_over', stage: textual.key, weights });
  const visual = stageOf(skipped, 'visual');
  await makeAttempts(store, visual, [{ to: 33, saves: [20, 30], end: 'stopped' }]);
  const broken = planAgain(skipped, {
    kind: 'amend',
    stage: visual.key,
    set: { 'training.batch_size': 8 },
    continues: null,
    weights: await handOver(store, visual, 1, 30),
  });
  await makeAttempts(store, stageOf(broken, 'visual'), [{ to: 60, saves: [40, 60], end: 'done' }]);
  const reached: Record<string, number> = { base: 60, perception: 140, textual: 150, visual: 160 };
  for (const evaluation of broken.evaluations) {
    const right = reached[evaluation.stage] ?? 0;
    await makeEvaluation(store, evaluation, { perception: [right, 200], visual_reasoning: [right - 40, 200] });
  }

  const { recipe: figures, page, text } = await report(store);
  expect(figures.plan).toBe(broken.hash);
  expect(figures.asked_plan).toBe(asked.hash);
  expect(figures.stages).toMatchObject([
    { name: 'base', state: 'done' },
    { name: 'perception', state: 'superseded', left: { step: 40 }, counted_steps: 40, overtaken_steps: 5 + 15 },
    { name: 'perception', state: 'done', origin: { kind: 'continues', step: 40 }, counted_steps: 60 },
    { name: 'textual', state: 'skipped', left: { step: 20 }, counted_steps: 20, overtaken_steps: 8 },
    {
      name: 'visual',
      state: 'superseded',
      left: { step: 30 },
      origin: { kind: 'checkpoint', name: 'textual', step: 20 },
    },
    { name: 'visual', state: 'done', origin: { kind: 'weights_only', step: 30 }, counted_steps: 60 },
  ]);

  expect(figures.stages.map((stage) => stage.changes)).toEqual([
    [],
    [],
    [
      { setting: 'training.steps', from: 80, to: 100 },
      { setting: 'training.learning_rate', from: 0.001, to: 0.0003 },
    ],
    [],
    [],
    [{ setting: 'training.batch_size', from: 32, to: 8 }],
  ]);

  const [table] = figures.accuracy;
  expect(table?.columns).toEqual(['base', 'perception', 'textual', 'visual']);
  const [low, high] = wilsonInterval(160, 200);
  expect(table?.rows[0]).toMatchObject({ label: 'perception' });
  expect(table?.rows[0]?.cells.at(-1)).toEqual({ correct: 160, n: 200, share: 0.8, low, high });
  expect(text).toContain('80.0 [73.9, 85.0]');
  expect(page).toContain('80.0 %');

  expect(figures.gates).toMatchObject([
    { stage: 'perception', verdict: 'held', measured: { value: 0.7, n: 200 } },
    { stage: 'perception', verdict: 'failed', measured: { n: 10, interval: null } },
    { stage: 'textual', verdict: 'asks a person', measured: null },
    { stage: 'textual', verdict: 'held', measured: { n: 5 } },
  ]);
  // Of the weights that were handed over, as the run itself measured it: eight steps more were trained and are not in them.
  const [, gate] = textual.gates ?? [];
  if (gate?.on !== 'training') throw new Error('no gate on training');
  const ofRun = await measureGate(store, { gate, stage: textual, evaluation: null, up_to: 20 });
  expect(figures.gates[3]?.measured?.value).toBe(ofRun.value);
  expect(ofRun.value).not.toBe((await measureGate(store, { gate, stage: textual, evaluation: null })).value);
  expect(page).toContain('Break in lineage');
  expect(page).toContain('40 + 60 of 100');
  expect(page).toContain('epoch 1: 10, 20; epoch 2: 30, 40, 50');
  // 301 steps of half a second at one euro a second, overtaken ones included.
  expect(page).toContain('about 150.50 EUR');
  expect(page).toContain('no server was asked');
});
