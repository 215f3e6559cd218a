/**
 * Workers that go, and the runners that they leave: detached they train on and are found again, told to stop they save first, and
 * without anyone who attends them they end themselves. No step is trained twice.
 */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { signalProcess, type MarkedProcess } from '../../cli/process-identity.js';
import type { Plan } from '../../core/plan.js';
import { openCluster, range, until, type Cluster } from '../support/cluster.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster(inject('temporalAddress'), { STAGEWRIGHT_LOG_LEVEL: 'info' });
  cluster.startWorker('control', 'c');
  cluster.startWorker('cpu', 'c');
});
afterAll(() => cluster.close());

const exited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const lastStep = (plan: Plan, epoch: number): number => cluster.steps(plan, epoch).at(-1) ?? 0;

describe.concurrent('a worker', () => {
  test('that detaches, and one that is killed, leave a runner that trains on; the next worker attaches to it', async () => {
    const host = 'detach';
    const first = cluster.startWorker('gpu', host, { STAGEWRIGHT_CLASS: host });
    const plan = await cluster.plan('detach', { seed: 11, steps: 1_500, saveEvery: 100, class: host });
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 0);
    const trainer = cluster.trainer(plan) as MarkedProcess;
    expect(trainer).toBeDefined();

    let worker = first;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      worker.child.kill(signal);
      await until(() => exited(worker.child));
      const at = lastStep(plan, 1);
      await until(() => lastStep(plan, 1) > at + 5);
      // Held still until it was attached to, so that a fast machine does not end it before.
      expect(signalProcess(trainer, 'SIGSTOP')).toBe(true);
      worker = cluster.startWorker('gpu', host, { STAGEWRIGHT_CLASS: host });
      await worker.sees('attached to the runner');
      expect(cluster.trainer(plan)?.pid).toBe(trainer.pid);
      expect(signalProcess(trainer, 'SIGCONT')).toBe(true);
    }
    const end = await handle.result();
    expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 1 });
    expect(cluster.claims(plan)).toHaveLength(1);
    expect(cluster.steps(plan, 1)).toEqual(range(1, 1_500));
    expect(cluster.leased(host)).toEqual([]);
  });

  test.each([
    {
      how: 'that stops its trainers',
      host: 'stop',
      seed: 12,
      steps: 1_200,
      env: { STAGEWRIGHT_SHUTDOWN: 'stop' },
      signal: 'SIGTERM',
    },
    {
      how: 'that nobody replaces in time',
      host: 'unattended',
      seed: 13,
      steps: 3_000,
      env: { STAGEWRIGHT_UNATTENDED_STOP_MS: '3000' },
      signal: 'SIGKILL',
    },
  ] as const)(
    '$how: a checkpoint is saved, no process is left, the next worker goes on at manifest + 1',
    async ({ host, seed, steps, env, signal }) => {
      const settings = { STAGEWRIGHT_CLASS: host, ...env };
      const worker = cluster.startWorker('gpu', host, settings);
      // No other save than that of the stop and the last.
      const plan = await cluster.plan(host, { seed, steps, saveEvery: steps, class: host });
      const handle = await cluster.run(plan);
      await until(() => lastStep(plan, 1) > 20);
      worker.child.kill(signal);
      await until(() => exited(worker.child));
      if (signal === 'SIGTERM') expect(cluster.runs(host)).toEqual([]);
      else await until(() => cluster.runs(host).length === 0);

      const saved = lastStep(plan, 1);
      expect(saved).toBeLessThan(steps);
      expect(cluster.manifests(plan, 1)).toEqual([saved]);

      cluster.startWorker('gpu', host, settings);
      const end = await handle.result();
      expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 2 });
      expect(cluster.claims(plan)[1]).toMatchObject({ resume_from: { epoch: 1, step: saved } });
      expect([...cluster.steps(plan, 1), ...cluster.steps(plan, 2)]).toEqual(range(1, steps));
      expect(cluster.leased(host)).toEqual([]);
    },
  );
});
