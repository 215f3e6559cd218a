/**
 * Control of a curriculum with real workers, runners and trainers: a pause frees the device, an amended stage goes on as if it had
 * been planned so, a skipped one hands over its checkpoint's weights, a gate holds what follows.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { stageResultSchema, type StageResult } from '../../core/checkpoint.js';
import { checkpointWeightsKey, type Plan } from '../../core/plan.js';
import type { Recipe } from '../../core/recipe.js';
import { cancelAndWait, startCurriculum } from '../../client/start-curriculum.js';
import { openStore } from '../../store/store.js';
import { readSettings } from '../../workers/settings.js';
import { curriculumPlanQuery, curriculumStatusQuery, curriculumUpdates } from '../../workflows/messages.js';
import { openCluster, until, type Cluster, type Handle } from '../support/cluster.js';

const by = { actor: 'ann', reason: 'a test' };

async function start(
  name: string,
  seed: number,
  steps: number,
  change: (recipe: Recipe) => Recipe = (recipe) => recipe,
  stages = 1,
  saveEvery = 10,
): Promise<{ cluster: Cluster; plan: Plan; handle: Handle }> {
  const cluster = await openCluster(inject('temporalAddress'));
  cluster.startWorker('control', 'c');
  cluster.startWorker('cpu', 'c');
  cluster.startWorker('gpu', 'a');
  const plan = await cluster.plan(name, { seed, steps, saveEvery, stages, change });
  return { cluster, plan, handle: await cluster.run(plan) };
}

/** Steps that do not depend on how many there will be. */
const constant = (recipe: Recipe): Recipe => ({
  ...recipe,
  stages: recipe.stages.map((stage) => ({
    ...stage,
    training: { ...stage.training, schedule: { kind: 'constant', final: 1 } },
  })) as Recipe['stages'],
});

async function result(cluster: Cluster, key: string): Promise<StageResult> {
  const found = await (await openStore(join(cluster.home, 'store'))).readResult(key);
  return stageResultSchema.parse(found);
}

const weights = (of: StageResult): string | undefined =>
  of.export.files.find((f) => f.path.endsWith('.safetensors'))?.sha256;

function batches(cluster: Cluster, plan: Plan, epoch: number): Map<number, string> {
  const text = readFileSync(join(cluster.epochFolder(plan, epoch), 'metrics.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  return new Map(
    lines.map((line) => {
      const { step, prompt_ids_sha256: ids } = JSON.parse(line) as { step: number; prompt_ids_sha256: string };
      return [step, ids];
    }),
  );
}

test.concurrent(
  'an amended stage ends as superseded; the new one goes on from its checkpoint, to the bytes of a stage planned so',
  async ({ onTestFinished }) => {
    const { cluster, plan, handle } = await start('amended', 41, 4_000, constant);
    onTestFinished(() => cluster.close());
    const undisturbed = await cluster.plan('undisturbed', { seed: 41, steps: 900, saveEvery: 10, change: constant });
    await until(() => cluster.manifests(plan, 1).at(-1) !== undefined);

    const refused = handle.executeUpdate(curriculumUpdates.amend, { args: [{ ...by, set: { 'training.step': 900 } }] });
    await expect(refused).rejects.toMatchObject({
      cause: {
        type: 'UpdateRefused',
        message: expect.stringMatching(/no setting "training\.step".*training\.steps/u) as string,
      },
    });

    const answer = await handle.executeUpdate(curriculumUpdates.amend, {
      args: [{ ...by, set: { 'training.steps': 900 } }],
    });
    expect(answer.last_control).toContain('amended by ann: a test');
    expect((await handle.result()).status.stages.map((stage) => [stage.name, stage.state])).toEqual([
      ['base', 'superseded'],
      ['base', 'done'],
    ]);

    const amended = await handle.query(curriculumPlanQuery);
    const [stage] = amended.stages;
    expect(stage?.key).not.toBe(plan.stages[0]?.key);
    const from = stage?.continues?.step ?? 0;
    expect(from).toBeGreaterThan(0);
    expect(stage?.continues?.key).toBe(plan.stages[0]?.key);
    // The old key never gets a result, and the new one's first step follows the checkpoint.
    const store = await openStore(join(cluster.home, 'store'));
    const before = plan.stages[0]?.key ?? '';
    expect(await store.readResult(before)).toBeNull();
    // What it went on from was held for it, until it was done.
    const holds = `1-${from}-${stage?.key.slice(0, 16) ?? ''}.json`;
    expect(await store.objects.list(`stages/${before}/pins`)).toEqual([holds]);
    expect(await store.listPins(before)).toEqual([]);
    expect(cluster.steps(amended, 1)[0]).toBe(from + 1);

    await (await cluster.run(undisturbed)).result();
    const own = batches(cluster, amended, 1);
    const planned = batches(cluster, undisturbed, 1);
    for (const [step, ids] of own) expect(ids).toBe(planned.get(step));
    expect(own.size).toBe(900 - from);
    expect(weights(await result(cluster, stage?.key ?? ''))).toBe(
      weights(await result(cluster, undisturbed.stages[0]?.key ?? '')),
    );
  },
  280_000,
);

test.concurrent(
  'a roll-back keeps the checkpoint that it names: what stops saves once more, and retention would take it',
  async ({ onTestFinished }) => {
    const { cluster, plan, handle } = await start('rolled-back', 45, 8_000, (recipe) => recipe, 1, 600);
    onTestFinished(() => cluster.close());
    await until(() => cluster.manifests(plan, 1).length > 1);
    const [older = 0] = cluster.manifests(plan, 1);
    const set = { 'training.learning_rate': 0.001 };
    await handle.executeUpdate(curriculumUpdates.amend, { args: [{ ...by, set, from: older }] });
    await until(async () => (await handle.query(curriculumPlanQuery)).stages[0]?.continues !== undefined);
    const amended = await handle.query(curriculumPlanQuery);
    expect(amended.stages[0]?.continues).toEqual({ key: plan.stages[0]?.key, step: older });
    // Two newer ones: without the pin the one between them and the start would be gone.
    expect(Math.max(...cluster.manifests(plan, 1))).toBeGreaterThan(older);
    expect(cluster.manifests(plan, 1)).toContain(older);
    await until(() => cluster.steps(amended, 1).length > 0);
    expect(cluster.steps(amended, 1)[0]).toBe(older + 1);

    const again = handle.executeUpdate(curriculumUpdates.amend, { args: [{ ...by, set: {}, from: older }] });
    await expect(again).rejects.toMatchObject({
      cause: {
        type: 'UpdateRefused',
        message: expect.stringMatching(/began at step \d+ with the settings that it has/u) as string,
      },
    });
    await handle.executeUpdate(curriculumUpdates.stop, { args: [by] });
    expect((await handle.result()).state).toBe('stopped');

    // Run again as the recipe says, it goes on as it was amended to; --anew is another matter.
    const settings = readSettings({
      STAGEWRIGHT_STORE: join(cluster.home, 'store'),
      STAGEWRIGHT_QUEUE_PREFIX: cluster.prefix,
    });
    const said: string[] = [];
    const begin = (anew: boolean): Promise<unknown> =>
      startCurriculum(cluster.client, plan, settings, { replace: false, anew, say: (text) => said.push(text) });
    await begin(false);
    expect(said.join()).toContain('it goes on as it was changed to');
    await until(() => cluster.claims(amended).length > 1);
    expect(cluster.claims(amended)[1]?.resume_from?.step).toBeGreaterThan(older);
    expect(cluster.claims(plan)).toHaveLength(1);
    await cancelAndWait(cluster.client, handle.workflowId);
    await begin(true);
    await until(() => cluster.claims(plan).length > 1);
    await cancelAndWait(cluster.client, handle.workflowId);
  },
  280_000,
);

test.concurrent(
  'a paused stage frees its device, says what it costs, and goes on from its checkpoint; a skipped one hands over its weights',
  async ({ onTestFinished }) => {
    const { cluster, plan, handle } = await start('paused', 42, 8_000, (recipe) => recipe, 2, 600);
    onTestFinished(() => cluster.close());
    await until(() => cluster.manifests(plan, 1).length > 0);
    const paused = await handle.executeUpdate(curriculumUpdates.pause, { args: [by] });
    expect(paused.last_control).toContain('paused by ann');
    // Accepted means that it will pause; the device is free once it is.
    await until(() => cluster.leased('a').length === 0 && cluster.runs('a').length === 0);
    const other = await cluster.plan('other', { seed: 43, steps: 20 });
    expect((await (await cluster.run(other)).result()).state).toBe('done');

    await handle.executeUpdate(curriculumUpdates.resume, { args: [by] });
    await until(() => cluster.claims(plan).length > 1 && cluster.steps(plan, 2).length > 0);
    const resumed = cluster.claims(plan)[1]?.resume_from?.step ?? 0;
    expect(resumed).toBe(Math.max(...cluster.manifests(plan, 1)));
    expect(cluster.steps(plan, 2)[0]).toBe(resumed + 1);

    await handle.executeUpdate(curriculumUpdates.skip, { args: [{ ...by, step: resumed }] });
    const end = await handle.result();
    expect(end.status.stages.map(({ state }) => state)).toEqual(['skipped', 'done']);
    const key = checkpointWeightsKey({ key: plan.stages[0]?.key ?? '', step: resumed });
    const [, next] = (await handle.query(curriculumPlanQuery)).stages;
    expect(next?.parent).toBe(key);
    expect(await result(cluster, key)).toMatchObject({ of: plan.stages[0]?.key, step: resumed });
    expect(await result(cluster, next?.key ?? '')).toMatchObject({ step: next?.objective.training.steps });
  },
  280_000,
);

test.concurrent(
  'a gate that fails holds what follows until a person decides; a merged stage trains on the rows of all its sets',
  async ({ onTestFinished }) => {
    const gated = (recipe: Recipe): Recipe => ({
      ...recipe,
      data: { ...recipe.data, both: { generator: 'union', of: ['perception', 'heldout'] } },
      stages: recipe.stages.map((stage, i) =>
        i === 0
          ? { ...stage, gates: [{ on: 'training', metric: 'loss', last_steps: 3, max: 0, on_failure: 'ask' }] }
          : { ...stage, data: 'both' },
      ),
    });
    const { cluster, plan, handle } = await start('gated', 44, 12, gated, 2);
    onTestFinished(() => cluster.close());
    await until(async () => (await handle.query(curriculumStatusQuery).catch(() => null))?.state === 'waiting');
    const waiting = await handle.query(curriculumStatusQuery);
    expect(waiting.question?.reason).toMatch(/mean loss of the last 3 steps is .* \(n = 3\), above the maximum 0/u);
    expect(cluster.leased('a')).toEqual([]);
    await handle.executeUpdate(curriculumUpdates.approve, { args: [by] });
    const end = await handle.result();
    expect(end.state).toBe('done');
    expect(end.status.gates).toMatchObject([
      { stage: 'base', state: 'approved', detail: expect.stringContaining('ann') as string },
    ]);

    const folder = join(cluster.home, 'store', 'data', plan.stages[1]?.data.key ?? '');
    const rows = readFileSync(join(folder, 'rows.jsonl'), 'utf8').trimEnd().split('\n');
    expect(rows).toHaveLength(32 + 48);
    expect(JSON.parse(rows[0] ?? '')).toMatchObject({ id: expect.stringMatching(/^0\//u) as string });
    expect(JSON.parse(rows[32] ?? '')).toMatchObject({ id: expect.stringMatching(/^1\//u) as string });
  },
  280_000,
);
