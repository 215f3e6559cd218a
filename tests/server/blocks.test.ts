/** The building blocks in workflows of one's own: on one queue, in a worker of one's own, with no handlers set. */
import { randomInt, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  Client,
  Connection,
  type WorkflowFailedError,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hostQueue, SEARCH_ATTRIBUTES, stageId } from '../../core/ids.js';
import { checkpointWeightsKey, sealEvaluation, sealStage } from '../../core/plan.js';
import type { Placement } from '../../workflows/messages.js';
import type { stageWorkflow } from '../../workflows/stage.js';
import type { easyFirst, merged, sightBeforeThought, Two } from '../support/own-workflows.js';
import { key, tellStage, until } from './control-support.js';
import { evaluationOf, planOf, stageOf } from './harness.js';
import { Script } from './scripted-activities.js';
import { ASK_AGAIN } from '../support/ask-again.js';

const KEYWORD = 2;
const script = new Script();
const queue = `own-${randomUUID().slice(0, 8)}`;
const placement: Placement = {
  queuePrefix: queue,
  oneQueue: true,
  searchAttributes: [SEARCH_ATTRIBUTES.stage, SEARCH_ATTRIBUTES.status],
};
let client: Client;
let end: () => Promise<void>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = inject('temporalAddress');
  const connection = await NativeConnection.connect({ address });
  client = new Client({
    connection: await Connection.connect({ address }),
    interceptors: { workflow: [ASK_AGAIN] },
  });
  await client.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { [SEARCH_ATTRIBUTES.stage]: KEYWORD, [SEARCH_ATTRIBUTES.status]: KEYWORD },
  });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../support/own-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const activities = script.activities('own-host', queue);
  const common = { connection, activities, maxHeartbeatThrottleInterval: '200ms', shutdownForceTime: '1s' } as const;
  const workers = [
    await Worker.create({ ...common, taskQueue: queue, workflowBundle }),
    await Worker.create({ ...common, taskQueue: hostQueue('own-host', queue) }),
  ];
  const running = workers.map((worker) => worker.run().catch(() => undefined));
  end = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await client.connection.close();
    await connection.close();
  };
});
afterAll(() => end());

function two(name: string): Two {
  const seed = randomInt(2 ** 31);
  const see = sealStage({ ...stageOf(key(), name), seed });
  const think = sealStage({ ...stageOf(key(), `${name}-next`, see.key), seed });
  const look = sealEvaluation({ ...evaluationOf(see, key()), verifier: { name: 'digits', version: 1 } });
  return { see, think, look, placement };
}
const start = <Run extends Workflow>(
  name: string,
  args: Parameters<Run>,
): Promise<WorkflowHandleWithFirstExecutionRunId<Run>> =>
  client.workflow.start<Workflow>(name, {
    workflowId: `own/${name}/${key()}`,
    taskQueue: queue,
    args,
  }) as Promise<WorkflowHandleWithFirstExecutionRunId<Run>>;

test('two stages and two gates: what is skipped hands over its weights, and a gate takes its own approval', async () => {
  const asked = two('own-two');
  script.checkpoints = [{ epoch: 1, step: 4 }];
  script.actsOf.set('own-two', [{ do: 'work' }]);
  script.actsOf.set('own-two-next', []);
  const handle = await start<typeof sightBeforeThought>('sightBeforeThought', [asked]);
  await until(async () => script.training.has('own-two'));
  await tellStage(client.workflow.getHandle<typeof stageWorkflow>(stageId(asked.see.key)), 'skip', { actor: 'ann' });
  const approve = (name: string) =>
    handle.executeUpdate<{ approved: boolean }, [unknown]>(name, { args: [{ actor: 'ann', reason: 'sharp' }] });
  await until(() => approve('approve').catch(() => null));
  const weights = checkpointWeightsKey({ key: asked.see.key, step: 4 });
  expect(await handle.result()).toEqual([
    'skipped',
    'passed',
    'approved by ann: sharp (gate after own-two needs an approval)',
    'done',
    weights,
  ]);
});

test('a gate that is not passed asks; rejected, nothing follows', async () => {
  const asked = two('own-low');
  script.actsOf.set('own-low', []);
  script.measured = [0.2];
  const handle = await start<typeof sightBeforeThought>('sightBeforeThought', [asked]);
  await until(() => handle.executeUpdate<unknown, [unknown]>('reject', { args: [{ actor: 'ann' }] }).catch(() => null));
  expect(await handle.result()).toEqual(['done', 'rejected']);
});

test('by difficulty: another stage with another key; rows without a pass rate are an error', async () => {
  const asked = two('own-easy');
  script.actsOf.set('own-easy', []);
  const stage = await (await start<typeof easyFirst>('easyFirst', [asked])).result();
  expect(stage.order).toEqual({ by: 'easy_to_hard', bands: [0.5] });
  expect(stage.key).not.toBe(asked.see.key);
  script.passRateFailures = ['DataInvalid'];
  const error = await (await start<typeof easyFirst>('easyFirst', [two('own-bare')])).result().catch((e: unknown) => e);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'DataInvalid' });
});

test('a plan’s stages merged to one', async () => {
  const { see, think } = two('own-merged');
  script.actsOf.set('own-merged-own-merged-next', []);
  const plan = planOf('own-merged', [see, think], key());
  expect(await (await start<typeof merged>('merged', [plan, placement])).result()).toEqual([
    'own-merged-own-merged-next done',
  ]);
});

test('stages are found by their search attributes, and say in the UI where they are and what may be done', async () => {
  const asked = two('own-found');
  script.actsOf.set('own-found', [{ do: 'work' }]);
  const handle = await start<typeof sightBeforeThought>('sightBeforeThought', [asked]);
  await until(async () => script.training.has('own-found'));
  const query = `${SEARCH_ATTRIBUTES.stage} = 'own-found' AND ${SEARCH_ATTRIBUTES.status} = 'running'`;
  const found = await until(async () => {
    for await (const run of client.workflow.list({ query })) return run.workflowId;
    return null;
  });
  expect(found).toBe(stageId(asked.see.key));
  const stage = client.workflow.getHandle(found);
  const metadata: {
    currentDetails?: string;
    definition?: { updateDefinitions?: { name: string; description: string }[] };
  } = await stage.query('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain('**running** on own-host');
  expect(metadata.currentDetails).toContain('`pause` | `{"actor":"you","reason":"why"}`');
  expect(metadata.currentDetails).toContain(`--workflow-id '${found}'`);
  expect(metadata.currentDetails).not.toContain('`resume`');
  expect(metadata.definition?.updateDefinitions?.length).toBeGreaterThan(0);
  for (const { name, description } of metadata.definition?.updateDefinitions ?? [])
    expect(description, name).not.toBe('');
  await handle.cancel();
  await handle.result().catch(() => undefined);
});
