/**
 * `plan` and the variants of a recipe, for real: what was planned is what is trained, a stage that variants share is trained once,
 * SFT in place of RLVR and a frozen vision tower do what their names say, and a blocked plan is refused in plan's own words.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { draftPlans } from '../../client/plan-view/planned.js';
import { viewPlan, viewVariants } from '../../client/plan-view/view.js';
import { metricsLineSchema } from '../../core/metrics.js';
import type { Plan } from '../../core/plan.js';
import { planViewSchema, variantsViewSchema, type PlanView } from '../../core/plan-view.js';
import { ROOT } from '../../cli/root.js';
import { openStore, type Store } from '../../store/store.js';
import { decodeSafetensors } from '../../trainers/onnx/safetensors.js';
import { runCli } from '../support/cli.js';
import { openCluster, type Cluster } from '../support/cluster.js';

const FILE = join(ROOT, 'tests', 'support', 'recipes', 'tiny-ablations.yaml');
let cluster: Cluster;
let store: Store;
const plans = new Map<string | null, Plan>();
const places = (): { store: string; hostFolder: string } => ({
  store: join(cluster.home, 'store'),
  hostFolder: join(cluster.home, 'g'),
});
const view = async (variant?: string): Promise<PlanView> =>
  planViewSchema.parse(await viewPlan(FILE, { variant, places: places() }));
const planOf = (variant: string | null): Plan => {
  const plan = plans.get(variant);
  if (plan === undefined) throw new Error(`no variant ${variant ?? ''}`);
  return plan;
};
async function train(variant: string | null): Promise<void> {
  expect((await (await cluster.run(planOf(variant))).result()).state).toBe('done');
}
async function weights(key: string): Promise<Map<string, Float32Array>> {
  const result = await store.readResult(key);
  if (result === null) throw new Error(`no result of ${key}`);
  const file = join(store.exportFolder(result), 'model.safetensors');
  const tensors = [...decodeSafetensors(readFileSync(file), file)];
  return new Map(tensors.flatMap(([name, { dtype, data }]) => (dtype === 'F32' ? [[name, data]] : [])));
}

beforeAll(async () => {
  cluster = await openCluster(inject('temporalAddress'));
  for (const { variant, plan } of await draftPlans(FILE)) plans.set(variant, plan);
});
afterAll(() => cluster.close());

let before: PlanView;
it('before anything ran, nothing is done, the time is unknown, and no store is begun', async () => {
  before = await view();
  expect(before.store).toMatchObject({ exists: false, enough: true });
  expect(before.stages.map(({ state, hours }) => [state, hours])).toEqual([
    ['new', null],
    ['new', null],
    ['new', null],
  ]);
  expect(before.totals).toMatchObject({ steps: 32, hours: null, cost: null, currency: 'EUR' });
  expect(readdirSync(cluster.home)).toEqual([]);
});

it('what runs is what was planned: done, with the planned command and checkpoints of the planned size', async () => {
  for (const role of ['control', 'cpu', 'gpu']) cluster.startWorker(role, 'g');
  await train(null);
  store = await openStore(places().store, { create: false });
  const after = await view();
  expect(after.stages.map(({ name, key, state, blocked }) => ({ name, key, state, blocked }))).toEqual(
    before.stages.map(({ name, key }) => ({ name, key, state: 'done', blocked: null })),
  );
  expect(after.totals).toMatchObject({ steps: 0, hours: 0, cost: 0, bytes: 0 });
  expect(after.evaluations.map(({ done }) => done)).toEqual([true]);

  const launch = z.looseObject({ key: z.string(), train: z.object({ argv: z.array(z.string()), cwd: z.string() }) });
  const runs = join(cluster.home, 'g', 'runs');
  const launches = readdirSync(runs).map((run) => {
    const text = readFileSync(join(runs, run, 'launch.json'), 'utf8').replaceAll(run, '<run>');
    return launch.parse(JSON.parse(text));
  });
  expect(launches).toHaveLength(3);
  for (const { key, command, checkpoints } of before.stages) {
    const { train: real } = launches.find((one) => one.key === key) ?? { train: null };
    expect(command).toEqual(real);
    const result = await store.readResult(key ?? '');
    const manifest = result === null ? null : await store.readManifest(result.key, result.final);
    const bytes = (manifest?.files ?? []).reduce((sum, file) => sum + file.size, 0);
    expect(bytes / (checkpoints.bytes_each ?? 0)).toBeGreaterThan(0.9);
    expect(bytes / (checkpoints.bytes_each ?? 0)).toBeLessThan(1.1);
    const exported = statSync(join(result === null ? '' : store.exportFolder(result), 'model.safetensors')).size;
    expect(exported / (checkpoints.export_bytes ?? 0)).toBeGreaterThan(0.9);
    expect(exported / (checkpoints.export_bytes ?? 0)).toBeLessThan(1.1);
  }
});

it('time and cost of what is like it come from the speeds in the store', async () => {
  const { stages } = await view('reversed');
  expect(stages.map(({ state }) => state)).toEqual(['done', 'new', 'new']);
  for (const { hours, cost } of stages.slice(1)) {
    expect(hours).toBeGreaterThan(0);
    // 3,600 EUR an hour: one a second.
    expect(cost).toBeCloseTo((hours ?? 0) * 3600, 6);
  }
});

it('SFT on answers and on captions takes the place of RLVR, from the base that is there', async () => {
  for (const variant of ['sft-answers', 'sft-captions']) {
    await train(variant);
    const [base, perception] = planOf(variant).stages;
    expect(base?.key).toBe(planOf(null).stages[0]?.key);
    const log = readFileSync(join(cluster.epochFolder(planOf(variant), 1, 1), 'metrics.jsonl'), 'utf8').trim();
    const lines = log.split('\n').map((line) => metricsLineSchema.parse(JSON.parse(line)));
    expect(lines.map((line) => [line.objective, line.step])).toEqual(
      Array.from({ length: 16 }, (_, i) => ['sft', i + 1]),
    );
    const mean = (part: typeof lines): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(lines.slice(-4))).toBeLessThan(mean(lines.slice(0, 4)));
    expect((await store.readResult(perception?.key ?? ''))?.step).toBe(16);
  }
  expect(cluster.claims(planOf('sft-answers'), 0)).toHaveLength(1);
});

it('frozen vision stays to the bit while the rest learns; without the setting it moves', async () => {
  for (const [variant, frozen] of [
    ['merged-frozen', true],
    ['merged', false],
  ] as const) {
    await train(variant);
    const [base, merged] = planOf(variant).stages;
    const [start, end] = [await weights(base?.key ?? ''), await weights(merged?.key ?? '')];
    const model = join(ROOT, 'models', 'graphs', 'tiny', 'model.json');
    const groups = z
      .object({ parameters: z.array(z.object({ name: z.string(), group: z.string() })) })
      .parse(JSON.parse(readFileSync(model, 'utf8'))).parameters;
    const moved = (group: string): boolean[] =>
      groups
        .filter((parameter) => parameter.group === group)
        .map(({ name }) => Buffer.compare(bytes(start.get(name)), bytes(end.get(name))) !== 0);
    expect(moved('vision').length).toBeGreaterThan(0);
    expect(moved('vision').some((one) => one)).toBe(!frozen);
    expect(moved('language').some((one) => one)).toBe(true);
  }
});

it('all variants: each stage counts once, and what is done is done for all', async () => {
  const views = variantsViewSchema.parse(await viewVariants(FILE, { places: places() }));
  const keys = new Set(views.plans.flatMap(({ stages }) => stages.map(({ key }) => key)));
  expect(views.distinct).toMatchObject({ stages: keys.size, done: 7, blocked: 2 });
  expect(views.plans.map(({ variant, blocked }) => [variant, blocked !== null])).toEqual(
    [...plans.keys()].map((variant) => [variant, variant === 'by-difficulty']),
  );
});

it('a blocked plan is refused in the words of plan, and nothing starts', async () => {
  const { blocked } = await view('by-difficulty');
  const env = { STAGEWRIGHT_STORE: places().store, TEMPORAL_ADDRESS: inject('temporalAddress') };
  const { code, stderr } = await runCli(['run', FILE, '--variant', 'by-difficulty', '--detach'], { env });
  expect(stderr).toContain(blocked);
  expect(stderr).toContain('needs the pass_rate of every row');
  expect(code).toBe(2);
});

function bytes(data: Float32Array | undefined): Buffer {
  return data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
