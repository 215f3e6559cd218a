/** A stage whose history grows long goes on in a new run, under the same id, and its curriculum sees one stage. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityOf, isAlive, type ProcessIdentity } from '../../cli/process-identity.js';
import { awaitServer, findFreePort, findTemporalCli, spawnDetached } from '../../cli/temporal-server.js';
import { controlQueue, curriculumId } from '../../core/ids.js';
import { stageStatusQuery, type CurriculumInput } from '../../workflows/messages.js';
import { openBench, planOf, stageOf } from './harness.js';
import { Script } from './scripted-activities.js';

let folder: string;
let address: string;
let server: ProcessIdentity | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-history-'));
  const port = await findFreePort();
  const log = join(folder, 'server.log');
  const limit = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'];
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'warn',
    ...limit,
  ];
  server = identityOf(spawnDetached(await findTemporalCli(process.env), args, log, process.env));
  address = `127.0.0.1:${port}`;
  await awaitServer(address, () => server !== undefined && isAlive(server), log);
});
afterAll(async () => {
  if (server !== undefined && isAlive(server)) process.kill(server.pid, 'SIGTERM');
  while (server !== undefined && isAlive(server)) await new Promise((resolve) => setTimeout(resolve, 50));
  rmSync(folder, { recursive: true, force: true });
});

test('many interrupted attempts do not make the history grow beyond the server’s advice', async () => {
  const script = new Script();
  script.acts = [...Array.from({ length: 12 }, () => ({ do: 'interrupt' }) as const), { do: 'finish' }];
  const bench = await openBench(address, script);
  try {
    const stage = stageOf(bench.key(1));
    const plan = planOf('long', [stage], bench.key(9));
    const input: CurriculumInput = { plan, queuePrefix: bench.prefix };
    const handle = await bench.client.workflow.start('curriculumWorkflow', {
      workflowId: curriculumId('long', plan.hash),
      taskQueue: controlQueue(bench.prefix),
      args: [input],
    });
    await expect(handle.result()).resolves.toMatchObject({ state: 'done' });
    expect(script.calls.filter((call) => call === 'train')).toHaveLength(13);
    const runs = [];
    for await (const run of bench.client.workflow.list({ query: `WorkflowType = 'stageWorkflow'` })) runs.push(run);
    expect(runs.length).toBeGreaterThan(1);
    for (const run of runs) expect(run.historyLength).toBeLessThan(100);
    // A run that went on in another has not failed.
    const earlier = runs.filter(({ status }) => status.name === 'CONTINUED_AS_NEW');
    expect(earlier.length).toBeGreaterThan(0);
    for (const { workflowId, runId } of earlier)
      expect((await bench.client.workflow.getHandle(workflowId, runId).query(stageStatusQuery)).state).toBe('running');
  } finally {
    await bench.close();
  }
});
