/** Traces of real workers and a real training, sent to a collector in this process; and none where nobody asked for any. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { curriculumId, stageId } from '../../core/ids.js';
import type { Plan } from '../../core/plan.js';
import { connect } from '../../client/connection.js';
import { readSettings } from '../../workers/settings.js';
import { buildBundle } from '../../workers/bundle.js';
import { UNHEARD } from '../../workers/telemetry/tracing.js';
import { openCluster, until, type Cluster } from '../support/cluster.js';
import { openCollector, type Collector, type Span } from '../support/collector.js';

let collector: Collector;
let cluster: Cluster;
let traced: Plan;
let untraced: Plan;

beforeAll(async () => {
  collector = await openCollector();
  const address = inject('temporalAddress');
  cluster = await openCluster(address);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_SERVICE_NAME: 'lab',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
  cluster.startWorker('control', 'c', env);
  cluster.startWorker('cpu', 'c');
  cluster.startWorker('gpu', 'traced', env);
  traced = await cluster.plan('traced', { seed: 71, steps: 20, saveEvery: 10 });
  untraced = await cluster.plan('untraced', { seed: 72, steps: 20, saveEvery: 10 });

  await (await cluster.run(untraced)).result();
  // As a command starts it, with the same settings.
  const client = await connect(readSettings({ ...env, TEMPORAL_ADDRESS: address }));
  const handle = await client.workflow.start('curriculumWorkflow', {
    workflowId: curriculumId(traced.recipe, traced.hash),
    taskQueue: `${cluster.prefix}-control`,
    args: [{ plan: traced, queuePrefix: cluster.prefix }],
  });
  await handle.result();
  await client.connection.close();
  await until(() =>
    collector.spans.some(
      ({ name, attributes }) => name === 'RunWorkflow:curriculumWorkflow' && attributes['workflowId'] !== undefined,
    ),
  );
});
afterAll(async () => {
  await cluster.close();
  await collector.close();
});

const named = (name: string, plan: Plan): Span[] =>
  collector.spans.filter(
    (span) => span.name === name && JSON.stringify(span.attributes).includes(stageId(plan.stages[0]?.key ?? '')),
  );
/** Names from a span up to its root. */
function ancestry(span: Span | undefined): string[] {
  if (span === undefined) return [];
  return [span.name, ...ancestry(collector.spans.find(({ spanId }) => spanId === span.parentSpanId))];
}

describe('a curriculum that was started with a trace', () => {
  test('is one trace from the command to the training', () => {
    const [train] = named('RunActivity:train', traced);
    expect(ancestry(train)).toEqual([
      'RunActivity:train',
      'StartActivity:train',
      'RunWorkflow:stageWorkflow',
      'StartChildWorkflow:stageWorkflow',
      'RunWorkflow:curriculumWorkflow',
      'StartWorkflow:curriculumWorkflow',
    ]);
    const inTrace = collector.spans.filter(({ traceId }) => traceId === train?.traceId);
    // The `cpu` worker exports nothing: of its activities the workflow's own spans are there.
    for (const name of ['StartActivity:prepareData', 'StartActivity:acquireGpu', 'RunActivity:acquireGpu'])
      expect(inTrace.map((span) => span.name)).toContain(name);
    expect(new Set(inTrace.map(({ service }) => service))).toEqual(new Set(['lab']));
    expect([...collector.paths]).toEqual(['POST /v1/traces']);
  });

  test('its attempts say stage, key, epoch, host and devices', () => {
    for (const name of ['RunActivity:train', 'RunActivity:acquireGpu']) {
      const spans = named(name, traced);
      expect(spans.length, name).toBeGreaterThan(0);
      expect(spans.at(-1)?.attributes, name).toMatchObject({
        'stagewright.stage': 'base',
        'stagewright.key': traced.stages[0]?.key.slice(0, 12),
        'stagewright.capability': 'base',
        'stagewright.epoch': 1,
        'stagewright.host': 'traced',
      });
    }
  });
});

describe('one that was started without', () => {
  test('has spans of its activities only', () => {
    expect(named('RunActivity:train', untraced)).toHaveLength(1);
    expect(ancestry(named('RunActivity:train', untraced)[0])).toEqual(['RunActivity:train']);
    const names = collector.spans
      .filter(({ attributes }) => JSON.stringify(attributes).includes(curriculumId(untraced.recipe, untraced.hash)))
      .map(({ name }) => name);
    expect(names.filter((name) => !name.startsWith('RunActivity:'))).toEqual([]);
  });
  test('has no header of a trace in its history', async () => {
    const header = async (plan: Plan): Promise<string[]> => {
      const { events } = await cluster.client.workflow.getHandle(stageId(plan.stages[0]?.key ?? '')).fetchHistory();
      return Object.keys(events?.[0]?.workflowExecutionStartedEventAttributes?.header?.fields ?? {});
    };
    expect(await header(untraced)).toEqual([]);
    expect(await header(traced)).toEqual(['_tracer-data']);
  });
});

test('both histories replay, whether or not anybody exports', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { code } = await buildBundle();
  for (const plan of [traced, untraced])
    for (const id of [stageId(plan.stages[0]?.key ?? ''), curriculumId(plan.recipe, plan.hash)])
      await Worker.runReplayHistory(
        { workflowBundle: { code }, sinks: UNHEARD },
        await cluster.client.workflow.getHandle(id).fetchHistory(),
        id,
      );
});

test('a collector that does not answer is said once and holds nothing up', async () => {
  const worker = cluster.startWorker('gpu', 'deaf', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    STAGEWRIGHT_CLASS: 'deaf',
    STAGEWRIGHT_LOG_LEVEL: 'info',
  });
  await worker.sees('worker runs');
  const plan = await cluster.plan('deaf', { seed: 73, steps: 20, saveEvery: 10, class: 'deaf' });
  expect((await (await cluster.run(plan)).result()).status.stages[0]).toMatchObject({ state: 'done' });
  await worker.sees('spans cannot be sent');
  worker.child.kill('SIGTERM');
  if (worker.child.exitCode === null) await once(worker.child, 'exit');
  const { stderr, code } = await worker.ended;
  expect(code).toBe(0);
  expect(stderr.match(/spans cannot be sent/gu)).toHaveLength(1);
});

test('bundles of one’s own get the module that leaves untraced workflows alone', async () => {
  const { tracingModule, TracingPlugin } = await import('../../workers/telemetry/tracing-plugin.js');
  const { Resource } = await import('@opentelemetry/resources');
  const { NoopSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const plugin = new TracingPlugin({ resource: new Resource({}), spanProcessor: new NoopSpanProcessor() });
  const workflowsPath = join(import.meta.dirname, 'mine.ts');
  expect(plugin.configureBundler({ workflowsPath }).workflowInterceptorModules).toEqual([tracingModule()]);
  const { interceptors, sinks } = plugin.configureWorker({ taskQueue: 'q', workflowsPath });
  expect(interceptors?.workflowModules).toEqual([tracingModule()]);
  expect(Object.keys(sinks ?? {})).toEqual(['exporter']);
  // With a bundle that was made before, it says what is in it.
  expect(
    plugin.configureWorker({ taskQueue: 'q', workflowBundle: { code: '' } }).interceptors?.workflowModules ?? [],
  ).toEqual([]);
});
