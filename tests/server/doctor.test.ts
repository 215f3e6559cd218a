/** `doctor` and `gc` beside a real server and real workers. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Diagnosis } from '../../client/doctor/checks.js';
import type { GarbageReport } from '../../client/collect-garbage.js';
import { layout } from '../../store/layout.js';
import { openStore } from '../../store/store.js';
import { runCli } from '../support/cli.js';
import { found, openCluster, until, type Cluster } from '../support/cluster.js';

const HOST = `doctor-${randomUUID().slice(0, 8)}`;
let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster(inject('temporalAddress'));
});
afterAll(() => cluster.close());

const env = (): Record<string, string> => ({
  STAGEWRIGHT_STORE: join(cluster.home, 'store'),
  STAGEWRIGHT_HOST: HOST,
  STAGEWRIGHT_HOST_DIR: join(cluster.home, HOST),
  STAGEWRIGHT_QUEUE_PREFIX: cluster.prefix,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
});
async function diagnose(...args: string[]): Promise<{ code: number | null; all: Diagnosis[] }> {
  const { code, stdout } = await runCli(['doctor', '--json', ...args], { env: env() });
  return { code, all: JSON.parse(stdout) as Diagnosis[] };
}
const of = (all: readonly Diagnosis[], check: string): string[] =>
  all.filter((one) => one.check === check).map(({ verdict, text }) => `${verdict} ${text}`);

it('says which queues nobody polls, until workers do', async () => {
  const before = await diagnose();
  expect(before.code).toBe(1);
  expect(of(before.all, 'server')).toEqual([expect.stringMatching(/^pass Temporal server \d.* plain text$/)]);
  expect(of(before.all, 'queues')).toEqual(
    ['control', 'cpu', 'gpu-any', `host-${HOST}`].map((name) => `fail ${cluster.prefix}-${name}: no worker polls it`),
  );
  for (const role of ['control', 'cpu', 'gpu']) cluster.startWorker(role, HOST, { STAGEWRIGHT_DEVICES: '' });
  const after = await found(async () => {
    const { all } = await diagnose();
    return of(all, 'queues').every((text) => text.startsWith('pass')) ? all : undefined;
  });
  expect(of(after, 'queues')[0]).toMatch(/-control: 1 worker \(\d+@/);
  expect(of(after, 'store')).toEqual([expect.stringContaining('takes exclusive creates')]);
  expect(of(after, 'survival').join()).toMatch(/worker \d+/);
});

it('registers search attributes with --fix', async () => {
  // Of its own: other tests of this server count on what the default one has.
  const namespace = HOST;
  await cluster.client.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const diagnoseIt = (...args: string[]): Promise<string[]> =>
    found(async () => {
      const { all } = await diagnose('--namespace', namespace, ...args);
      // The server takes a moment to know a new namespace everywhere.
      return of(all, 'namespace').some((text) => text.startsWith('pass')) ? of(all, 'search attributes') : undefined;
    });
  expect(await diagnoseIt()).toEqual([expect.stringMatching(/^warn .*StagewrightStage.* are not registered/)]);
  expect(await diagnoseIt('--fix')).toEqual([expect.stringMatching(/^pass search attributes .*StagewrightStage/)]);
  expect(await diagnoseIt()).toEqual([expect.stringMatching(/^pass/)]);
});

it('gc leaves alone what trains and what an open curriculum wants, and frees it when nobody does', async () => {
  const plan = await cluster.plan('gc', { seed: 61, steps: 4000, saveEvery: 5, gpus: 0 });
  const handle = await cluster.run(plan);
  await until(() => cluster.manifests(plan, 1).length >= 2);
  const gc = async (): Promise<GarbageReport['stages'][number] | undefined> => {
    const { code, stdout, stderr } = await runCli(['gc', '--json'], { env: env() });
    expect([code, stderr]).toEqual([0, '']);
    return (JSON.parse(stdout) as GarbageReport).stages.find(({ key }) => key === plan.stages[0]?.key);
  };
  expect(await gc()).toMatchObject({ freed: [], left_alone: expect.stringContaining('has not ended') as string });
  const key = plan.stages[0]?.key ?? '';
  const store = await openStore(join(cluster.home, 'store'), { create: false });
  // Paused: no runner, and its workflow open.
  await handle.executeUpdate('pause', { args: [{ actor: 'test', reason: '' }] });
  await until(async () => (await store.readEnd(key, 1)) !== null);
  expect(await gc()).toMatchObject({
    freed: [],
    left_alone: expect.stringContaining('its workflow is open') as string,
  });
  await handle.cancel();
  await handle.result().catch(() => undefined);
  const [newest, second] = await store.lineage(key, 1);
  // One more than two, as a keep of three would have left.
  const oldest = { ...(await store.readManifest(key, second!))!, step: 1, root: 'epochs/1/checkpoints/step-1' };
  await store.commitManifest(oldest);
  const freed = await found(async () => {
    const stage = await gc();
    return stage !== undefined && stage.freed.length > 0 ? stage : undefined;
  });
  expect(freed).toMatchObject({ freed: [{ what: 'checkpoint', step: 1 }], left_alone: null });
  expect(await store.lineage(key, 1)).toEqual([newest, second]);
  expect(await store.objects.list(layout.manifests(key, 1))).toHaveLength(2);
});
