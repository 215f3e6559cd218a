/** What happens around a run: the store's disk is full, the Temporal server is away. Nothing committed is lost, nothing trained twice. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import {
  identityOf,
  isAlive,
  signalProcess,
  type MarkedProcess,
  type ProcessIdentity,
} from '../../cli/process-identity.js';
import { answers, awaitServer, findFreePort, findTemporalCli, spawnServer } from '../../cli/temporal-server.js';
import type { Plan } from '../../core/plan.js';
import { sha256File } from '../../store/digest.js';
import { openStore } from '../../store/store.js';
import { openCluster, range, until, type Cluster } from '../support/cluster.js';

type AtEnd = (work: () => Promise<void> | void) => void;
async function open(atEnd: AtEnd, address: string, base: Record<string, string> = {}): Promise<Cluster> {
  const cluster = await openCluster(address, base);
  atEnd(() => cluster.close());
  return cluster;
}

test.concurrent(
  'a full disk parks the stage; what is committed is whole; with space again and `retry` it gives the undisturbed export',
  async ({ skip, onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'stagewright-small-'));
    onTestFinished(() => {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder], { encoding: 'utf8' });
    if (mounted.status !== 0) skip(`a tmpfs cannot be mounted here: ${mounted.stderr || String(mounted.error)}`);

    const options = { seed: 51, steps: 300, saveEvery: 20, gpus: 0 };
    const cluster = await open(onTestFinished, inject('temporalAddress'), { STAGEWRIGHT_STORE: join(folder, 'store') });
    cluster.startWorker('all', 'small');
    const plan = await cluster.plan('disk', options);
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 0);
    const trainer = cluster.trainer(plan) as MarkedProcess;
    // Held, so that the disk is full before it ends.
    expect(signalProcess(trainer, 'SIGSTOP')).toBe(true);
    const filler = join(folder, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { stdio: 'ignore' });
    signalProcess(trainer, 'SIGCONT');

    const { question } = await cluster.parked(plan);
    expect(question).toMatchObject({ type: 'DiskFull', choices: ['retry', 'skip', 'stop'] });
    expect(question?.reason).toMatch(/no space left/iu);
    expect(cluster.runs()).toEqual([]);
    const store = await openStore(join(folder, 'store'), { create: false });
    const key = plan.stages[0]?.key ?? '';
    const committed = cluster.manifests(plan, 1);
    expect(committed.length).toBeGreaterThan(0);
    for (const step of committed) {
      const manifest = await store.readManifest(key, { epoch: 1, step });
      expect(manifest === null ? 'no manifest' : await store.verifyCheckpoint(manifest)).toMatchObject({
        kind: 'whole',
      });
    }

    rmSync(filler);
    await cluster.answer(plan, 'retry');
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
    expect(cluster.claims(plan).at(-1)?.resume_from?.step).toBe(committed.at(-1));
    const disturbed = await exportOf(cluster, plan);

    const undisturbed = await open(onTestFinished, inject('temporalAddress'));
    undisturbed.startWorker('all', 'large');
    const again = await undisturbed.plan('disk', options);
    expect(again.stages[0]?.key).toBe(key);
    await (await undisturbed.run(again)).result();
    expect(undisturbed.claims(again)).toHaveLength(1);
    expect(disturbed).toBe(await exportOf(undisturbed, again));
  },
);

function exportOf(cluster: Cluster, plan: Plan): Promise<string> {
  const epoch = cluster.claims(plan).at(-1)?.epoch ?? 0;
  return sha256File(join(cluster.epochFolder(plan, epoch), 'export', 'model.safetensors'));
}

test.concurrent(
  'a Temporal server that is away in the middle of a stage: training goes on, and nothing is trained twice',
  async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'stagewright-away-'));
    const port = await findFreePort();
    const address = `127.0.0.1:${port}`;
    const program = await findTemporalCli(process.env);
    let server: ProcessIdentity | undefined;
    const startServer = async (): Promise<void> => {
      const log = join(folder, 'server.log');
      const pid = spawnServer({ program, port, database: join(folder, 'temporal.db') }, log, process.env);
      server = identityOf(pid);
      await awaitServer(address, () => server !== undefined && isAlive(server), log);
    };
    const killServer = async (): Promise<void> => {
      if (server !== undefined) signalProcess(server, 'SIGKILL');
      await until(() => server === undefined || !isAlive(server));
    };
    onTestFinished(async () => {
      await killServer();
      rmSync(folder, { recursive: true, force: true });
    });

    await startServer();
    const cluster = await open(onTestFinished, address, { STAGEWRIGHT_LOG_LEVEL: 'info' });
    const worker = cluster.startWorker('all', 'away');
    const steps = 1_500;
    const plan = await cluster.plan('away', { seed: 52, steps, saveEvery: 100, gpus: 0 });
    const handle = await cluster.run(plan);
    await until(() => cluster.manifests(plan, 1).length > 0);
    const trainer = cluster.trainer(plan) as MarkedProcess;

    await killServer();
    const at = cluster.steps(plan, 1).at(-1) ?? 0;
    await until(() => (cluster.steps(plan, 1).at(-1) ?? 0) > at + 20);
    // Held, so that the stage is not over before the server is back and has missed its heartbeats.
    expect(signalProcess(trainer, 'SIGSTOP')).toBe(true);
    await sleep(20_000);
    await startServer();
    await worker.sees('attached to the runner');
    expect(cluster.trainer(plan)?.pid).toBe(trainer.pid);
    signalProcess(trainer, 'SIGCONT');

    await until(() => answers(address));
    const end = await handle.result();
    expect(end.status.stages[0]).toMatchObject({ state: 'done', epoch: 1 });
    expect(cluster.claims(plan)).toHaveLength(1);
    expect(cluster.steps(plan, 1)).toEqual(range(1, steps));
    expect(cluster.runs()).toEqual([]);
  },
);
