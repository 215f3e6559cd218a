/**
 * What is done to runs from outside: cancelled, terminated, resumed wrongly, handed over damaged, fed with bad rows, asked for more
 * devices than there are. Each ends in a clear state with nothing left running and nothing leased.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { signalProcess, type MarkedProcess } from '../../cli/process-identity.js';
import { stageId } from '../../core/ids.js';
import type { Plan } from '../../core/plan.js';
import type { Recipe } from '../../core/recipe.js';
import { sha256File } from '../../store/digest.js';
import { curriculumStatusQuery } from '../../workflows/messages.js';
import { found, openCluster, range, until, type Cluster, type Handle } from '../support/cluster.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster(inject('temporalAddress'));
  cluster.startWorker('control', 'c');
  cluster.startWorker('cpu', 'c');
  // The common host of tests that disturb no process.
  cluster.startWorker('gpu', 'calm', { STAGEWRIGHT_CLASS: 'calm' });
});
afterAll(() => cluster.close());

const keyOf = (plan: Plan, stage = 0): string => plan.stages[stage]?.key ?? '';
const errorOf = (handle: Handle): Promise<unknown> =>
  handle.result().then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
const causeOf = async (handle: Handle): Promise<unknown> => ((await errorOf(handle)) as WorkflowFailedError).cause;

describe.concurrent('a run', () => {
  test('that is cancelled leaves no process and no lease; the device goes to who waits for it', async () => {
    const host = 'cancel';
    cluster.startWorker('gpu', host, { STAGEWRIGHT_CLASS: host });
    const plan = await cluster.plan('cancelled', { seed: 21, steps: 50_000, class: host });
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 0);
    const other = await cluster.plan('waits', { seed: 22, steps: 20, class: host });
    const waiting = await cluster.run(other);
    const trainer = cluster.trainer(plan) as MarkedProcess;

    await handle.cancel();
    expect(await causeOf(handle)).toMatchObject({ name: 'CancelledFailure' });
    // Told only after the trainer was proved gone.
    expect(cluster.runs(host).map(({ pid }) => pid)).not.toContain(trainer.pid);
    expect(cluster.trainer(plan)).toBeUndefined();
    expect(cluster.leased(host)).not.toContain(keyOf(plan));
    expect(await handle.query(curriculumStatusQuery)).toMatchObject({ state: 'cancelled' });

    await expect(waiting.result()).resolves.toMatchObject({ state: 'done' });
    expect(cluster.claims(plan)).toHaveLength(1);
    expect(cluster.runs(host)).toEqual([]);
    expect(cluster.leased(host)).toEqual([]);
  });

  test('whose stage is terminated is stopped at the next heartbeat; run again it goes on from the newest manifest', async () => {
    const host = 'terminate';
    cluster.startWorker('gpu', host, { STAGEWRIGHT_CLASS: host });
    const plan = await cluster.plan('terminated', { seed: 23, steps: 3_000, saveEvery: 50, class: host });
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 0);
    await cluster.client.workflow.getHandle(stageId(keyOf(plan))).terminate('by the test');
    expect(await errorOf(handle)).toBeInstanceOf(WorkflowFailedError);
    await until(() => cluster.runs(host).length === 0 && cluster.leased(host).length === 0);

    const newest = cluster.manifests(plan, 1).at(-1) ?? 0;
    const end = await (await cluster.run(plan)).result();
    expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 2 });
    expect(cluster.claims(plan)[1]).toMatchObject({ resume_from: { epoch: 1, step: newest } });
    expect(cluster.steps(plan, 2)).toEqual(range(newest + 1, 3_000));
  });

  test('that resumes from the wrong step parks and leaves nothing running; retry and restart both finish it', async () => {
    const host = 'resume';
    const settings = { STAGEWRIGHT_CLASS: host, STAGEWRIGHT_DEVICES: 'resume-0,resume-1' };
    const first = cluster.startWorker('gpu', host, settings);
    const plans = await Promise.all(
      ['retried', 'restarted'].map((name, i) =>
        cluster.plan(name, { seed: 24 + i, steps: 600, saveEvery: 100, class: host }),
      ),
    );
    const [retried, restarted] = plans as [Plan, Plan];
    const handles = await Promise.all(plans.map((plan) => cluster.run(plan)));
    await until(() => {
      for (const plan of plans) {
        // Held at its first checkpoint, until the other one is there too.
        const trainer = cluster.trainer(plan);
        if (trainer !== undefined && cluster.manifests(plan, 1).length > 0) signalProcess(trainer, 'SIGSTOP');
      }
      return plans.every((plan) => cluster.manifests(plan, 1).length > 0);
    });
    first.child.kill('SIGKILL');
    for (const one of cluster.runs(host)) signalProcess(one, 'SIGKILL');

    const wrong = cluster.startWorker('gpu', host, { ...settings, STAGEWRIGHT_TEST_IGNORE_RESUME: '1' });
    for (const plan of plans) {
      const { question } = await cluster.parked(plan);
      const from = cluster.claims(plan).at(-1)?.resume_from?.step ?? 0;
      expect(from).toBeGreaterThan(0);
      expect(question).toMatchObject({ type: 'ResumeNotHonoured', choices: ['retry', 'restart', 'skip', 'stop'] });
      expect(question?.reason).toContain(`was 1 instead of ${from + 1}`);
      expect(cluster.trainer(plan)).toBeUndefined();
      expect(cluster.leased(host)).not.toContain(keyOf(plan));
      // What was trained from the wrong weights is no checkpoint.
      expect(cluster.manifests(plan, 2)).toEqual([]);
    }
    expect(cluster.runs(host)).toEqual([]);

    // From its start is what this trainer does anyway.
    await cluster.answer(restarted, 'restart');
    await until(() => cluster.claims(restarted).length > 2);
    expect(cluster.claims(restarted)[2]).toMatchObject({ resume_from: null });
    await expect(handles[1]?.result()).resolves.toMatchObject({ state: 'done' });
    expect(cluster.steps(restarted, 3)).toEqual(range(1, 600));

    wrong.child.kill('SIGKILL');
    cluster.startWorker('gpu', host, settings);
    await cluster.answer(retried, 'retry');
    await expect(handles[0]?.result()).resolves.toMatchObject({ state: 'done' });
    const last = cluster.claims(retried).at(-1);
    expect(last?.resume_from).toEqual(cluster.claims(retried)[1]?.resume_from);
    expect(cluster.steps(retried, last?.epoch ?? 0)).toEqual(range((last?.resume_from?.step ?? 0) + 1, 600));
  });

  test('that takes over a damaged export has it made again; with the final checkpoint damaged too it parks', async () => {
    const options = { seed: 26, steps: 20, class: 'calm' };
    const one = await cluster.plan('one', options);
    await (await cluster.run(one)).result();
    const weights = join(cluster.epochFolder(one, 1), 'export', 'model.safetensors');
    const sha256 = await sha256File(weights);
    const damage = (file: string): void => truncateSync(file, Math.floor(statSync(file).size / 2));

    damage(weights);
    const two = await cluster.plan('two', { ...options, stages: 2 });
    expect(keyOf(two)).toBe(keyOf(one));
    const end = await (await cluster.run(two)).result();
    expect(end.status.stages.map(({ state, reused }) => ({ state, reused }))).toEqual([
      { state: 'done', reused: true },
      { state: 'done', reused: false },
    ]);
    expect(await sha256File(weights)).toBe(sha256);

    damage(weights);
    const final = cluster.manifests(one, 1).at(-1) ?? 0;
    damage(join(cluster.epochFolder(one, 1), 'checkpoints', `step-${final}`, 'weights.safetensors'));
    const seeded = (recipe: Recipe): Recipe => ({
      ...recipe,
      stages: recipe.stages.map((stage, i) => (i === 1 ? { ...stage, seed: 99 } : stage)),
    });
    const three = await cluster.plan('three', { ...options, stages: 2, change: seeded });
    expect(keyOf(three, 1)).not.toBe(keyOf(two, 1));
    const parking = await cluster.run(three);
    const { question } = await cluster.parked(three, 1);
    expect(question).toMatchObject({ type: 'ExportCorrupt', choices: ['retry', 'skip', 'stop'] });
    expect(question?.reason).toContain('model.safetensors');
    expect(cluster.claims(three, 1)).toEqual([]);
    await cluster.answer(three, 'stop', 1);
    await expect(parking.result()).resolves.toMatchObject({ state: 'stopped' });
  });

  test('that needs more devices than a host has is granted nowhere, while two that fit share a host', async () => {
    const common = { steps: 800, class: 'many' };
    const big = await cluster.plan('big', { ...common, seed: 30, gpus: 5 });
    const pair = await Promise.all([31, 32].map((seed) => cluster.plan(`half-${seed}`, { ...common, seed, gpus: 2 })));
    cluster.startWorker('gpu', 'four', { STAGEWRIGHT_CLASS: 'many', STAGEWRIGHT_DEVICES: 'g0,g1,g2,g3' });
    const refused = await cluster.run(big);
    const handles = await Promise.all(pair.map((plan) => cluster.run(plan)));

    // Each is held until the other is there: both run at once.
    const trainers = await found(() => {
      const seen = pair.flatMap((plan) => cluster.trainer(plan) ?? []);
      for (const trainer of seen) signalProcess(trainer, 'SIGSTOP');
      return seen.length === 2 ? seen : undefined;
    });
    const devices = trainers.map(({ environment }) => environment.get('CUDA_VISIBLE_DEVICES')?.split(',') ?? []);
    expect(devices.map((names) => names.length)).toEqual([2, 2]);
    expect(devices.flat().sort()).toEqual(['g0', 'g1', 'g2', 'g3']);

    // Six devices in all now, but no host with five.
    cluster.startWorker('gpu', 'two', { STAGEWRIGHT_CLASS: 'many', STAGEWRIGHT_DEVICES: 'g0,g1' });
    for (const trainer of trainers) signalProcess(trainer, 'SIGCONT');
    const ends = await Promise.all(handles.map((handle) => handle.result()));
    expect(ends.map(({ state }) => state)).toEqual(['done', 'done']);
    const asked = cluster.client.workflow.getHandle(stageId(keyOf(big)));
    await until(async () => {
      const pending = (await asked.describe()).raw.pendingActivities ?? [];
      return pending.some(({ lastFailure }) =>
        /[24] of [24] devices are free, 5 wanted/u.test(lastFailure?.message ?? ''),
      );
    });
    expect(cluster.claims(big)).toEqual([]);
    await refused.cancel();
    await errorOf(refused);
    expect([...cluster.leased('four'), ...cluster.leased('two')]).toEqual([]);
  });

  test('with bad rows of one’s own fails before any training and names each by file and line', async () => {
    const folder = join(cluster.home, 'own');
    const good = {
      id: 'r1',
      capability: 'base',
      kind: 'at',
      problem: '<image> at top-left',
      images: ['scene.png'],
      answer: 'A',
      options: ['1', '2', '3', '4'],
      meta: { response: '<think> 1 </think> \\boxed{ A }' },
    };
    const scene = await anyPicture();
    const planRows = async (name: string, rows: object[]): Promise<Plan> => {
      mkdirSync(join(folder, name), { recursive: true });
      copyFileSync(scene, join(folder, name, 'scene.png'));
      writeFileSync(join(folder, name, 'none.png'), 'not a picture');
      writeFileSync(join(folder, name, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return cluster.plan(`rows-${name}`, {
        steps: 2,
        seed: 40,
        class: 'calm',
        change: (recipe) => ({
          ...recipe,
          data: { ...recipe.data, base: { generator: 'folder', path: join(folder, name) } },
        }),
      });
    };

    const bad = await planRows('bad', [
      good,
      { ...good, id: 'r2', images: ['none.png'] },
      { ...good, id: 'r3', problem: '<image> at nowhere' },
      { ...good, id: 'r4', answer: 'B' },
    ]);
    const missing = await planRows('missing', [good]);
    rmSync(join(folder, 'missing', 'scene.png'));
    const [why, whyMissing] = (await Promise.all(
      [bad, missing].map(async (plan) => causeOf(await cluster.run(plan))),
    )) as { type: string; message: string }[];
    expect(why?.type).toBe('DataInvalid');
    const file = join(folder, 'bad', 'rows.jsonl');
    const words = why?.message ?? '';
    expect(words).toContain(`${file}:2: image ${join(folder, 'bad', 'none.png')} is no PNG picture`);
    expect(words).toContain(`${file}:3: unknown word "nowhere"`);
    expect(words).toContain(`${file}:4: answer "B" of row r4 is rejected by its own verifier`);
    expect(words).not.toContain(`${file}:1:`);
    expect(whyMissing?.type).toBe('DataInvalid');
    expect(whyMissing?.message).toContain(`${join(folder, 'missing', 'rows.jsonl')}:1: cannot read`);
    for (const plan of [bad, missing]) expect(cluster.claims(plan)).toEqual([]);
    // Said when the recipe is planned, where it is known by then.
    await expect(planRows('absent', [{ ...good, images: ['absent.png'] }])).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringContaining(`${join(folder, 'absent', 'rows.jsonl')}:1: cannot read`) as string,
    });

    // The good row alone is taken: it is the others that were refused.
    const fine = await planRows('fine', [good]);
    await expect((await cluster.run(fine)).result()).resolves.toMatchObject({ state: 'done' });
    expect(readFileSync(join(cluster.epochFolder(fine, 1), 'result.json'), 'utf8')).toContain(keyOf(fine));
  });
});

/** A picture that the product made itself. */
async function anyPicture(): Promise<string> {
  const plan = await cluster.plan('pictures', { seed: 41, steps: 1, class: 'calm' });
  await (await cluster.run(plan)).result();
  return join(cluster.home, 'store', 'data', plan.stages[0]?.data.key ?? '', 'images', firstPicture(plan));
}

function firstPicture(plan: Plan): string {
  const rows = readFileSync(join(cluster.home, 'store', 'data', plan.stages[0]?.data.key ?? '', 'rows.jsonl'), 'utf8');
  return /"images\/([^"]+)"/u.exec(rows)?.[1] ?? '';
}
