/** What a plan says of an order by difficulty over several passes: spread, accepted by name, or blocked with the reason. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { whyStageBlocked } from '../../client/plan-view/blocked.js';
import { amendStage } from '../../core/amend.js';
import { planAgain } from '../../core/plan-again.js';
import { planRecipe, sealStage, type Plan } from '../../core/plan.js';
import { recipeSchema } from '../../core/recipe.js';
import { trainerProfileSchema } from '../../core/trainer-profile.js';
import { onnxBackend } from '../../runner/backends/onnx.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-order-'));
  const row = (i: number) => ({
    id: `r${i}`,
    capability: 'c',
    kind: 'at',
    problem: 'sum 1 2',
    images: [],
    answer: '3',
    pass_rate: i / 100,
    meta: { response: 'x' },
  });
  writeFileSync(
    join(folder, 'rows.jsonl'),
    Array.from({ length: 100 }, (_, i) => `${JSON.stringify(row(i))}\n`).join(''),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const planned = (stage: object, steps = 10): Plan =>
  planRecipe(
    recipeSchema.parse({
      name: 'order',
      model: 'tiny',
      data: { mine: { generator: 'folder', path: 'mine' } },
      stages: [
        {
          name: 'one',
          capability: 'c',
          objective: 'rlvr',
          data: 'mine',
          training: { steps, batch_size: 32, learning_rate: 0.1 },
          ...stage,
        },
      ],
    }),
    {
      models: { tiny: 'a'.repeat(64) },
      trainers: { onnx: { version: '1' } },
      digits_sha256: 'b'.repeat(64),
      verifier: { name: 'digits', version: 1 },
      folders: { mine: { folder, content_sha256: 'c'.repeat(64) } },
    },
  );
/** Reads rows as they stand, as EasyR1 and TRL do. */
const { spreadsOrder: _, ...asTheyStand } = onnxBackend;
const easy = { order: 'easy_to_hard' };

test.each<[string, object, number, string | null]>([
  ['shuffled', {}, 10, null],
  ['file', { order: 'file' }, 10, null],
  ['several passes', easy, 10, 'order easy_to_hard restarts: its steps go over the 100 rows 3.2 times'],
  ['several passes, accepted', { ...easy, order_per_epoch: 'restart' }, 10, null],
  ['fewer rows than there are', easy, 3, 'its steps take 96 of 100 rows, and the 4 hardest are never trained on'],
])('a trainer that reads rows as they stand: %s', async (_, stage, steps, reason) => {
  const plan = planned(stage, steps);
  const [one] = plan.stages;
  if (one === undefined) throw new Error('no stage');
  const blocked = await whyStageBlocked(one, plan, asTheyStand);
  if (reason === null) expect(blocked).toBeNull();
  else {
    expect(blocked).toContain(reason);
    expect(blocked).toContain('"order_per_epoch: restart"');
  }
  expect(await whyStageBlocked(one, plan, onnxBackend)).toBeNull();
});

it('the way over passes is a part of the key; without an order by difficulty there is none', () => {
  const keys = [easy, { ...easy, order_per_epoch: 'restart' }].map((stage) => planned(stage).stages[0]?.key);
  expect(new Set(keys).size).toBe(2);
  expect(planned({ ...easy, order_per_epoch: 'spread' }).stages[0]?.key).toBe(keys[0]);
  expect(planned({}).stages[0]).not.toHaveProperty('order_per_epoch');
  expect(() => planned({ order: 'file', order_per_epoch: 'restart' })).toThrow(
    'goes with an order by difficulty; stage one has order \\"file\\"',
  );
});

it('a stage of an older plan keeps its way when it is amended, another order is planned as now', () => {
  const plan = planned(easy);
  const [now] = plan.stages;
  if (now === undefined) throw new Error('no stage');
  const { order_per_epoch: _, ...old } = now;
  expect(amendStage(old, { 'training.learning_rate': 0.2 })).not.toHaveProperty('order_per_epoch');
  expect(amendStage(old, { order: 'hard_to_easy' }).order_per_epoch).toBe('spread');
  expect(amendStage(now, { order: 'shuffled' })).not.toHaveProperty('order_per_epoch');
  expect(sealStage(old).key).not.toBe(now.key);
  const again = planAgain(planned({}), {
    kind: 'order',
    stage: planned({}).stages[0]?.key ?? '',
    order: 'easy_to_hard',
  });
  expect(again.stages[0]?.key).toBe(now.key);
});

it('the trainer is told', () => {
  const [stage] = planned(easy).stages;
  if (stage === undefined) throw new Error('no stage');
  const { job } = onnxBackend.render({
    stage,
    modelFolder: '/m',
    data: { folder: '/d', rows_sha256: 'd'.repeat(64) },
    parent: null,
    resume: null,
    outputs: { metrics: '/x', checkpoints: '/y', export: '/z' },
    runFolder: '/r',
    profile: trainerProfileSchema.parse({}),
    prepared: null,
    devices: [],
    marker: 'm',
  });
  expect(job).toMatchObject({ data: { order: 'easy_to_hard', order_per_epoch: 'spread' } });
  expect(onnxBackend.overrides?.(job)).toMatchObject({ 'data.order_per_epoch': 'spread' });
});
