/**
 * Real workers, runners and trainers on two "hosts" (workers with host names, host folders and one device each) over one store:
 * devices are never shared, a killed host's stage goes on at the other, and a zombie is fenced.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { readFacts } from '../../cli/facts.js';
import { findMarked, type MarkedProcess } from '../../cli/process-identity.js';
import { readRecipe } from '../../cli/recipe-file.js';
import { controlQueue, curriculumId } from '../../core/ids.js';
import { planRecipe, type Plan } from '../../core/plan.js';
import type { CurriculumInput } from '../../workflows/messages.js';
import type { curriculumWorkflow } from '../../workflows/curriculum.js';
import { startCli, TINY, type Running } from '../support/cli.js';

const MARK = 'STAGEWRIGHT_TEST_CLUSTER';
let home: string;
let prefix: string;
let client: Client;
let started: Running[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stagewright-hosts-'));
  prefix = `hosts-${randomUUID().slice(0, 8)}`;
  started = [];
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  for (const { pid } of findMarked(MARK, home)) process.kill(pid, 'SIGKILL');
  await client.connection.close();
  rmSync(home, { recursive: true, force: true });
});

/** A worker of one role; a `gpu` worker is a host with one device. */
function startWorker(role: string, host: string): Running {
  const worker = startCli(['worker', '--role', role], {
    env: {
      [MARK]: home,
      STAGEWRIGHT_STORE: join(home, 'store'),
      STAGEWRIGHT_HOST: host,
      STAGEWRIGHT_HOST_DIR: join(home, host),
      STAGEWRIGHT_DEVICES: role === 'gpu' ? `${host}-0` : '',
      STAGEWRIGHT_QUEUE_PREFIX: prefix,
      STAGEWRIGHT_RENEW_MS: '300',
      STAGEWRIGHT_EPOCH_TTL_MS: '3000',
      STAGEWRIGHT_LOG_LEVEL: 'warn',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    },
  });
  started.push(worker);
  return worker;
}

async function planTiny(name: string, seed: number, steps: number): Promise<Plan> {
  const recipe = await readRecipe(TINY);
  const stages = recipe.stages.map((stage) => ({
    ...stage,
    execution: { ...stage.execution, gpus: 1, threads: 1 },
    training: { ...stage.training, steps },
  }));
  return planRecipe(
    {
      ...recipe,
      name,
      seed,
      stages: stages.slice(0, 1) as typeof recipe.stages,
      evaluation: undefined,
    } as typeof recipe,
    await readFacts(recipe, TINY),
  );
}

function run(plan: Plan): Promise<WorkflowHandle<typeof curriculumWorkflow>> {
  const input: CurriculumInput = { plan, queuePrefix: prefix };
  return client.workflow.start('curriculumWorkflow', {
    workflowId: curriculumId(plan.recipe, plan.hash),
    taskQueue: controlQueue(prefix),
    args: [input],
  });
}

interface Claim {
  epoch: number;
  host: string;
  resume_from: { step: number } | null;
}
function claims(plan: Plan): Claim[] {
  const folder = join(home, 'store', 'stages', plan.stages[0]?.key ?? '', 'epochs');
  const names = existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(a) - Number(b)) : [];
  return names.flatMap((name) => {
    const file = join(folder, name, 'claim.json');
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Claim] : [];
  });
}
function manifests(plan: Plan, epoch: number): number[] {
  const folder = join(home, 'store', 'stages', plan.stages[0]?.key ?? '', 'epochs', String(epoch), 'manifests');
  return existsSync(folder) ? readdirSync(folder).map((name) => Number.parseInt(name, 10)) : [];
}
const runs = (): MarkedProcess[] => findMarked(MARK, home).filter((p) => p.environment.has('STAGEWRIGHT_RUN'));
const ofHost = (host: string): MarkedProcess[] =>
  findMarked(MARK, home).filter((p) => p.environment.get('STAGEWRIGHT_HOST') === host);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

test('three recipes on two hosts: never two runs on one device, and a killed host’s stage goes on at the other', async () => {
  startWorker('control', 'c');
  startWorker('cpu', 'c');
  startWorker('gpu', 'a');
  startWorker('gpu', 'b');
  const plans = await Promise.all([1, 2, 3].map((seed) => planTiny(`host-${prefix}-${seed}`, seed, 1_500)));
  const handles = await Promise.all(plans.map(run));

  const crowded: string[] = [];
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const markers = new Map<string, Set<string>>();
      for (const { environment } of runs()) {
        const device = environment.get('CUDA_VISIBLE_DEVICES');
        // The runner itself has no device; its trainer sees only its own.
        if (device === undefined || device === '') continue;
        const seen = markers.get(device) ?? new Set();
        markers.set(device, seen.add(environment.get('STAGEWRIGHT_RUN') ?? ''));
      }
      for (const [device, on] of markers) if (on.size > 1) crowded.push(`${device}: ${[...on].join(', ')}`);
      await sleep(50);
    }
    return crowded;
  })();

  await until(() =>
    plans.some((plan) => claims(plan).some((c) => c.host === 'a' && manifests(plan, c.epoch).length > 0)),
  );
  const moved = plans.find((plan) => claims(plan).at(-1)?.host === 'a');
  expect(moved).toBeDefined();
  for (const { pid } of ofHost('a')) process.kill(pid, 'SIGKILL');

  const ends = await Promise.all(handles.map((handle) => handle.result()));
  watching.abort();
  expect(ends.map((end) => end.state)).toEqual(['done', 'done', 'done']);
  expect(await watch).toEqual([]);
  const path = claims(moved as Plan);
  expect(path.map((claim) => claim.host)).toEqual(['a', 'b']);
  expect(path[1]?.resume_from?.step).toBeGreaterThan(0);
}, 280_000);

test('a zombie publishes nothing that is read, ends itself and its tree, and only then is its device granted again', async () => {
  startWorker('control', 'c');
  startWorker('cpu', 'c');
  const workerA = startWorker('gpu', 'a');
  const plan = await planTiny(`zombie-${prefix}`, 7, 1_500);
  const handle = await run(plan);
  await until(() => manifests(plan, 1).length > 1);
  // The host hangs: worker, runner and trainer stand still.
  const frozen = runs();
  expect(frozen.length).toBeGreaterThanOrEqual(2);
  for (const { pid } of frozen) process.kill(pid, 'SIGSTOP');
  workerA.child.kill('SIGKILL');

  startWorker('gpu', 'b');
  await until(() => claims(plan).length > 1);
  const taken = claims(plan)[1];
  expect(taken).toMatchObject({ epoch: 2, host: 'b' });
  const before = manifests(plan, 1);

  // Host a is back, but what hung there is still there: its device may not be granted.
  startWorker('gpu', 'a');
  const other = await planTiny(`after-${prefix}`, 8, 40);
  const next = await run(other);
  await sleep(6_000);
  expect(claims(other).filter((claim) => claim.host === 'a')).toEqual([]);

  for (const { pid } of frozen) process.kill(pid, 'SIGCONT');
  await until(() => !runs().some((p) => frozen.some((f) => f.pid === p.pid)));
  expect(manifests(plan, 1).filter((step) => !before.includes(step))).toEqual([]);

  const [end] = await Promise.all([handle.result(), next.result()]);
  expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 2 });
  expect(claims(plan)).toHaveLength(2);
}, 280_000);
