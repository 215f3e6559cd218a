/**
 * Real workers, runners and trainers on two "hosts" (workers with host names, host folders and one device each) over one store:
 * devices are never shared, a killed host's stage goes on at the other, and a zombie is fenced.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { Plan } from '../../core/plan.js';
import { openCluster, until } from '../support/cluster.js';

// Together: most of their time is waiting for timers of seconds.
test.concurrent(
  'three recipes on two hosts: never two runs on one device, and a killed host’s stage goes on at the other',
  async ({ onTestFinished }) => {
    const cluster = await openCluster(inject('temporalAddress'));
    onTestFinished(() => cluster.close());
    cluster.startWorker('control', 'c');
    cluster.startWorker('cpu', 'c');
    cluster.startWorker('gpu', 'a');
    cluster.startWorker('gpu', 'b');
    const plans = await Promise.all([1, 2, 3].map((seed) => cluster.plan(`host-${seed}`, { seed, steps: 1_500 })));
    const handles = await Promise.all(plans.map((plan) => cluster.run(plan)));

    const crowded: string[] = [];
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const markers = new Map<string, Set<string>>();
        for (const { environment } of cluster.runs()) {
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
      plans.some((plan) =>
        cluster.claims(plan).some((c) => c.host === 'a' && cluster.manifests(plan, c.epoch).length > 0),
      ),
    );
    const moved = plans.find((plan) => cluster.claims(plan).at(-1)?.host === 'a');
    expect(moved).toBeDefined();
    for (const { pid } of cluster.ofHost('a')) process.kill(pid, 'SIGKILL');

    const ends = await Promise.all(handles.map((handle) => handle.result()));
    watching.abort();
    expect(ends.map((end) => end.state)).toEqual(['done', 'done', 'done']);
    expect(await watch).toEqual([]);
    const path = cluster.claims(moved as Plan);
    expect(path.map((claim) => claim.host)).toEqual(['a', 'b']);
    expect(path[1]?.resume_from?.step).toBeGreaterThan(0);
  },
  280_000,
);

test.concurrent(
  'a zombie publishes nothing that is read, ends itself and its tree, and only then is its device granted again',
  async ({ onTestFinished }) => {
    const cluster = await openCluster(inject('temporalAddress'));
    onTestFinished(() => cluster.close());
    cluster.startWorker('control', 'c');
    cluster.startWorker('cpu', 'c');
    const workerA = cluster.startWorker('gpu', 'a');
    const plan = await cluster.plan('zombie', { seed: 7, steps: 1_500 });
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 1);
    // The host hangs: worker, runner and trainer stand still.
    const frozen = cluster.runs();
    expect(frozen.length).toBeGreaterThanOrEqual(2);
    for (const { pid } of frozen) process.kill(pid, 'SIGSTOP');
    workerA.child.kill('SIGKILL');

    cluster.startWorker('gpu', 'b');
    await until(() => cluster.claims(plan).length > 1);
    const taken = cluster.claims(plan)[1];
    expect(taken).toMatchObject({ epoch: 2, host: 'b' });
    const before = cluster.manifests(plan, 1);

    // Host a is back, but what hung there is still there: its device may not be granted.
    cluster.startWorker('gpu', 'a');
    const other = await cluster.plan('after', { seed: 8, steps: 40 });
    const next = await cluster.run(other);
    await sleep(6_000);
    expect(cluster.claims(other).filter((claim) => claim.host === 'a')).toEqual([]);

    for (const { pid } of frozen) process.kill(pid, 'SIGCONT');
    await until(() => !cluster.runs().some((p) => frozen.some((f) => f.pid === p.pid)));
    expect(cluster.manifests(plan, 1).filter((step) => !before.includes(step))).toEqual([]);

    const [end] = await Promise.all([handle.result(), next.result()]);
    expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 2 });
    expect(cluster.claims(plan)).toHaveLength(2);
  },
  280_000,
);
