/**
 * Records the histories `controlled` of tests/replay: real workers and trainers, paused, resumed, amended, held at a gate, skipped. Runs
 * only when asked, after a change of workflows that no release has served yet: RECORD_HISTORIES=1 npx vitest run --project
 * server-alone tests/server/record-controlled.test.ts. Histories that a release has served are never recorded again; changes are `patched`.
 */
import { execFileSync } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { curriculumId, stageId } from '../../core/ids.js';
import type { Plan } from '../../core/plan.js';
import type { Recipe } from '../../core/recipe.js';
import { curriculumPlanQuery, curriculumStatusQuery, curriculumUpdates } from '../../workflows/messages.js';
import { openCluster, until, type Cluster, type Handle } from '../support/cluster.js';

const by = { actor: 'ann', reason: 'recorded' };
const idOf = ({ recipe, hash }: Plan): string => curriculumId(recipe, hash);

test.runIf(process.env['RECORD_HISTORIES'] === '1')('record', async ({ onTestFinished }) => {
  const address = inject('temporalAddress');
  const cluster = await openCluster(address);
  onTestFinished(() => cluster.close());
  cluster.startWorker('control', 'c');
  cluster.startWorker('cpu', 'c');
  cluster.startWorker('gpu', 'a');
  const ids = [...(await pausedAmendedGated(cluster)), ...(await skipped(cluster))];
  process.stdout.write(
    execFileSync('node', ['tests/replay/record.mjs', address, 'controlled', ...ids], { encoding: 'utf8' }),
  );
});

async function pausedAmendedGated(cluster: Cluster): Promise<string[]> {
  const plan = await cluster.plan('recorded', { seed: 77, steps: 4_000, saveEvery: 10, stages: 2, change: gated });
  const handle = await cluster.run(plan);
  await until(() => cluster.manifests(plan, 1).length > 0);
  await handle.executeUpdate(curriculumUpdates.pause, { args: [by] });
  await until(() => cluster.leased('a').length === 0);
  await handle.executeUpdate(curriculumUpdates.resume, { args: [by] });
  await until(() => cluster.claims(plan).length > 1 && cluster.steps(plan, 2).length > 0);
  await handle.executeUpdate(curriculumUpdates.amend, { args: [{ ...by, set: { 'training.steps': 900 } }] });
  await until(async () => (await handle.query(curriculumStatusQuery).catch(() => null))?.state === 'waiting');
  await handle.executeUpdate(curriculumUpdates.approve, { args: [by] });
  const now = await ended(handle);
  return [idOf(plan), ...[...plan.stages.slice(0, 1), ...now.stages].map(({ key }) => stageId(key))];
}

async function skipped(cluster: Cluster): Promise<string[]> {
  const plan = await cluster.plan('recorded-skip', { seed: 78, steps: 4_000, saveEvery: 10, stages: 2 });
  const handle = await cluster.run(plan);
  await until(() => cluster.manifests(plan, 1).length > 0);
  await handle.executeUpdate(curriculumUpdates.skip, { args: [by] });
  await ended(handle);
  return [idOf(plan), ...plan.stages.slice(0, 1).map(({ key }) => stageId(key))];
}

async function ended(handle: Handle): Promise<Plan> {
  expect((await handle.result()).state).toBe('done');
  return handle.query(curriculumPlanQuery);
}

/** Steps that do not depend on how many there will be, and a gate that nothing passes. */
function gated(recipe: Recipe): Recipe {
  const stages = recipe.stages.map((stage, i) => ({
    ...stage,
    training: { ...stage.training, schedule: { kind: 'constant', final: 1 } },
    ...(i === 0 ? { gates: [{ on: 'training', metric: 'loss', last_steps: 3, max: 0, on_failure: 'ask' }] } : {}),
  }));
  return { ...recipe, stages: stages as Recipe['stages'] };
}
