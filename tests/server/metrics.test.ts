/** The Prometheus endpoint of a real worker that trains for real: what it counts is what the store has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { METRICS, type MetricSpec } from '../../activities/support/metric-names.js';
import { signalProcess } from '../../cli/process-identity.js';
import { findFreePort } from '../../cli/temporal-server.js';
import { registerSearchAttributes } from '../../client/search-attributes.js';
import { startCurriculum } from '../../client/start-curriculum.js';
import type { Manifest } from '../../core/checkpoint.js';
import type { Plan } from '../../core/plan.js';
import { readSettings } from '../../workers/settings.js';
import { found, openCluster, until, type Cluster } from '../support/cluster.js';
import { scrape, sum, type Sample } from '../support/prometheus.js';

const host = 'metered';
let cluster: Cluster;
let address: string;
let plan: Plan;
/** While the stage trained, and after the curriculum's end. */
let during: Sample[] = [];
let after: Sample[] = [];

beforeAll(async () => {
  cluster = await openCluster(inject('temporalAddress'));
  cluster.startWorker('control', 'c');
  cluster.startWorker('cpu', 'c');
  address = `127.0.0.1:${await findFreePort()}`;
  cluster.startWorker('gpu', host, {
    // A port alone is on this machine only.
    STAGEWRIGHT_METRICS_ADDRESS: address.slice('127.0.0.1:'.length),
    STAGEWRIGHT_DEVICES: 'gpu-a,gpu-b',
    STAGEWRIGHT_CPU_SLOTS: '3',
    STAGEWRIGHT_METRICS_LOOK_MS: '500',
  });
  plan = await cluster.plan('metrics', {
    seed: 61,
    steps: 400,
    saveEvery: 100,
    stages: 2,
    change: (recipe) => ({
      ...recipe,
      stages: recipe.stages.map((stage) => ({ ...stage, checkpoints: { ...stage.checkpoints, keep: 9 } })),
    }),
  });
  const handle = await cluster.run(plan);
  // Both gauges come from timers, and the stage may be over before either looks: it is held still meanwhile.
  const trainer = await found(() => cluster.trainer(plan));
  expect(signalProcess(trainer, 'SIGSTOP')).toBe(true);
  await until(async () => {
    const now = await scrape(address).catch(() => []);
    if (sum(now, 'stagewright_training_running') !== 1 || sum(now, 'stagewright_devices_in_use') !== 1) return false;
    during = now;
    return true;
  });
  expect(signalProcess(trainer, 'SIGCONT')).toBe(true);
  await handle.result();
  // The host is looked at from a timer.
  await until(async () => {
    after = await scrape(address);
    return sum(after, 'stagewright_devices_in_use') === 0;
  });
});
afterAll(() => cluster.close());

const manifests = (stage: number): Manifest[] =>
  cluster
    .manifests(plan, 1, stage)
    .map(
      (step) =>
        JSON.parse(
          readFileSync(join(cluster.epochFolder(plan, 1, stage), 'manifests', `${step}.json`), 'utf8'),
        ) as Manifest,
    );
const bytes = (stage: number): number =>
  manifests(stage)
    .flatMap(({ files }) => files)
    .reduce((total, { size }) => total + size, 0);

describe('after two stages', () => {
  test.each([0, 1])('stage %i: steps, checkpoints and bytes are those of the store', (index) => {
    const stage = plan.stages[index];
    const on = { host, capability: stage?.capability ?? '', trainer: 'onnx', hold: 'device/gpu-a' };
    const trained = cluster.steps(plan, 1, index);
    expect(trained.length).toBeGreaterThan(0);
    expect(cluster.claims(plan, index)).toHaveLength(1);
    expect(sum(after, 'stagewright_training_steps_total', on)).toBe(trained.length);
    expect(sum(after, 'stagewright_training_step', on)).toBe(trained.at(-1));
    expect(sum(after, 'stagewright_training_planned_steps', on)).toBe(trained.at(-1));
    expect(manifests(index)).toHaveLength(index === 0 ? 4 : 1);
    expect(sum(after, 'stagewright_checkpoints_total', on)).toBe(manifests(index).length);
    expect(sum(after, 'stagewright_checkpoint_bytes_total', on)).toBe(bytes(index));
    expect(sum(after, 'stagewright_checkpoint_commit_seconds_count', on)).toBe(manifests(index).length);
    expect(sum(after, 'stagewright_checkpoint_commit_seconds_sum', on)).toBeGreaterThan(0);
    expect(sum(after, 'stagewright_attempts_total', { ...on, end: 'done' })).toBe(1);
    expect(sum(after, 'stagewright_attempts_total', on)).toBe(1);
  });

  test('reward and loss are those of the last line of the metrics log', () => {
    const last = (stage: number): Record<string, number> =>
      JSON.parse(
        readFileSync(join(cluster.epochFolder(plan, 1, stage), 'metrics.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .at(-1) ?? '',
      ) as Record<string, number>;
    const capability = plan.stages[1]?.capability ?? '';
    expect(sum(after, 'stagewright_training_reward', { capability })).toBeCloseTo(last(1)['reward'] ?? NaN, 9);
    expect(sum(after, 'stagewright_training_entropy', { capability })).toBeCloseTo(last(1)['entropy'] ?? NaN, 9);
    // Supervised training has no reward.
    expect(sum(after, 'stagewright_training_reward', { capability: plan.stages[0]?.capability ?? '' })).toBeNaN();
  });

  test('nothing looks as if it still ran', () => {
    for (const name of ['running', 'steps_per_second', 'idle_seconds'])
      expect(sum(after, `stagewright_training_${name}`), name).toBe(0);
    expect(sum(after, 'stagewright_checkpoint_age_seconds')).toBe(0);
  });

  test('each grant was counted, with its wait', () => {
    const on = { host, class: 'any' };
    expect(sum(after, 'stagewright_device_requests_total', { ...on, outcome: 'granted' })).toBe(2);
    expect(sum(after, 'stagewright_queue_wait_seconds_count', on)).toBe(2);
    expect(sum(after, 'stagewright_queue_wait_seconds_bucket', { ...on, le: '86400' })).toBe(2);
  });

  test('host: devices, slots, disks and the store', () => {
    expect(sum(during, 'stagewright_devices', { host })).toBe(2);
    expect(sum(during, 'stagewright_devices_in_use', { host })).toBe(1);
    expect(sum(after, 'stagewright_cpu_slots', { host })).toBe(3);
    expect(sum(after, 'stagewright_cpu_slots_in_use', { host })).toBe(0);
    for (const place of ['store', 'host']) {
      const free = sum(after, 'stagewright_disk_free_bytes', { host, place });
      expect(free).toBeGreaterThan(0);
      expect(sum(after, 'stagewright_disk_size_bytes', { host, place })).toBeGreaterThan(free);
    }
    expect(sum(after, 'stagewright_store_seen_timestamp_seconds', { host })).toBeGreaterThan(1_700_000_000);
  });

  test('Temporal’s own are on the same endpoint', () => {
    expect(sum(after, 'temporal_activity_execution_latency_seconds_count', { activity_type: 'train' })).toBe(2);
  });

  test('names and labels are those of the table', () => {
    const ours = after.filter(({ name }) => name.startsWith('stagewright_'));
    const known = new Map(Object.entries<MetricSpec>(METRICS));
    for (const { name, labels } of ours) {
      const spec = known.get(name) ?? known.get(name.replace(/_(?:total|bucket|sum|count)$/u, ''));
      expect(spec, name).toBeDefined();
      const own = Object.keys(labels).filter(
        (label) => !['namespace', 'taskQueue', 'activityType', 'le'].includes(label),
      );
      expect(own.sort(), name).toEqual([...(spec?.labels ?? [])].sort());
    }
  });
});

test('a port in use is said at start, with what to do', async () => {
  const second = cluster.startWorker('gpu', 'second', { STAGEWRIGHT_METRICS_ADDRESS: address });
  const { code, stderr } = await second.ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain(`STAGEWRIGHT_METRICS_ADDRESS: cannot listen on ${address}`);
  expect(stderr).toContain('a port of its own');
});

test('runs are counted by state as the server knows them, also those that nobody attends', async () => {
  const metered = `127.0.0.1:${await findFreePort()}`;
  // A cluster of its own, in which no host serves training: the stage stays queued.
  const idle = await openCluster(inject('temporalAddress'));
  try {
    expect((await registerSearchAttributes(idle.client)).absent).toEqual([]);
    const states = async (state: string): Promise<number[]> => {
      const now = await scrape(metered).catch(() => []);
      return ['stage', 'curriculum'].map((what) => sum(now, 'stagewright_open_runs', { what, state }));
    };
    idle.startWorker('control', 'i', { STAGEWRIGHT_METRICS_ADDRESS: metered, STAGEWRIGHT_METRICS_LOOK_MS: '500' });
    idle.startWorker('cpu', 'i');
    await until(async () => !(await states('paused')).includes(NaN));
    const [before = NaN] = await states('queued');
    const queued = await idle.plan('queued', { seed: 62 });
    const settings = readSettings({ STAGEWRIGHT_QUEUE_PREFIX: idle.prefix });
    const quiet = { replace: false, say: (): void => undefined };
    const { workflowId } = await startCurriculum(idle.client, queued, settings, quiet);
    await until(async () => (await states('queued'))[0] === before + 1);
    await idle.client.workflow.getHandle(workflowId).cancel();
    await until(async () => (await states('queued'))[0] === before);
  } finally {
    await idle.close();
  }
});
