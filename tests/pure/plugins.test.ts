/** What the plugins refuse at start, each with its words. Workers that run with them are in the server tier. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimplePlugin } from '@temporalio/plugin';
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../store/package-root.js';
import { stagewrightPlugins } from '../../workers/plugins/all.js';
import { compose, type AnyPlugin } from '../../workers/plugins/compose.js';
import { ControlPlugin, DataPlugin, EvaluationPlugin, StorePlugin } from '../../workers/plugins/domains.js';
import { assertOneVersion, findSdk } from '../../workers/plugins/sdk-versions.js';
import { TrainingPlugin } from '../../workers/plugins/training.js';
import { readSettings } from '../../workers/settings.js';

const home = mkdtempSync(join(tmpdir(), 'stagewright-plugins-'));
const settings = readSettings({ STAGEWRIGHT_HOME: home, STAGEWRIGHT_HOST: 'host-a' });
const foreign = (name: string, activities: object): AnyPlugin => new SimplePlugin({ name, activities });
const BASE: WorkerOptions = { taskQueue: 'mine' };
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function configured(plugins: readonly AnyPlugin[], options: WorkerOptions = BASE): Promise<WorkerOptions> {
  return compose(plugins).configureWorker(options);
}
const names = ({ activities = {} }: WorkerOptions): string[] => Object.keys(activities).sort();

describe('Plugins', () => {
  it('bring the activities of their domain and leave workflows, bundles and converters to the Worker', async () => {
    const mine = async (): Promise<void> => undefined;
    const dataConverter = {};
    const options = await configured(
      [new ControlPlugin(), new StorePlugin(settings), new DataPlugin(settings), new EvaluationPlugin(settings)],
      { ...BASE, activities: { mine }, workflowsPath: '/mine/workflows.js', dataConverter },
    );
    expect(names(options)).toEqual(
      [
        'mine',
        ...['awaitRun', 'planAgain', 'updateStage'],
        ...['findResult', 'takeOver', 'findCheckpoint', 'exportCheckpoint'],
        ...['prepareData', 'checkPassRates', 'findData'],
        ...['planShards', 'answerShard', 'measureGate', 'summarise'],
      ].sort(),
    );
    expect(options).toMatchObject({ workflowsPath: '/mine/workflows.js', maxHeartbeatThrottleInterval: '1s' });
    expect(options.dataConverter).toBe(dataConverter);
    expect(options.workflowBundle).toBeUndefined();
  });

  it('keep a heartbeat interval that the Worker has set', async () => {
    const options = await configured([new ControlPlugin()], { ...BASE, maxHeartbeatThrottleInterval: '5s' });
    expect(options.maxHeartbeatThrottleInterval).toBe('5s');
  });

  it('as one pass on what each does to clients, connections, bundles, replays and the run, the first outermost', async () => {
    const told: string[] = [];
    const plugin = (name: string): AnyPlugin =>
      new SimplePlugin({
        name,
        apiKey: `key of ${name}`,
        clientInterceptors: { workflow: [{}] },
        workerInterceptors: { workflowModules: [`/modules/${name}`] },
        runContext: async (next) => {
          told.push(`${name} begins`);
          await next();
          told.push(`${name} ends`);
        },
      });
    const both = compose([plugin('a'), new ControlPlugin(), plugin('b')]);
    expect(both.configureClient({}).interceptors?.workflow).toHaveLength(2);
    expect(both.configureConnection({}).apiKey).toBe('key of b');
    expect(both.configureNativeConnection({}).apiKey).toBe('key of b');
    const workflowsPath = '/mine/workflows.js';
    const modules = ['/modules/a', '/modules/b'];
    expect(both.configureBundler({ workflowsPath })).toMatchObject({
      workflowsPath,
      workflowInterceptorModules: modules,
    });
    const replay = await both.configureReplayWorker({ workflowsPath });
    expect(replay).toMatchObject({ workflowsPath, interceptors: { workflowModules: modules } });
    await both.runWorker({} as Worker, async () => void told.push('runs'));
    expect(told).toEqual(['a begins', 'b begins', 'runs', 'b ends', 'a ends']);
  });

  it.each<[string, () => unknown, string | RegExp]>([
    [
      'a plugin twice',
      () => compose([new StorePlugin(settings), new DataPlugin(settings), new StorePlugin(settings)]),
      'plugin stagewright.store is given twice; leave one of them',
    ],
    [
      'a plugin twice, once through the connection',
      () => new StorePlugin(settings).configureWorker(new StorePlugin(settings).configureWorker(BASE)),
      'plugin stagewright.store is given to this Worker twice; leave one (plugins of its connection count too)',
    ],
    [
      'an activity of the Worker’s own by the name of a plugin’s',
      () => configured([new StorePlugin(settings)], { ...BASE, activities: { takeOver: async () => undefined } }),
      'plugin stagewright.store brings an activity "takeOver", which the Worker\'s own activities or another plugin registers as well',
    ],
    [
      'a plugin of ours after a foreign one with the same activity',
      () => configured([foreign('acme.data', { prepareData: async () => undefined }), new DataPlugin(settings)]),
      'plugin stagewright.data brings an activity "prepareData"',
    ],
    [
      'a foreign plugin that takes the place of an activity',
      () => configured([new DataPlugin(settings), foreign('acme.data', { prepareData: async () => undefined })]),
      'plugin acme.data replaces the activity "prepareData" that was registered before it; rename one of them',
    ],
    [
      'two foreign plugins with the same activity',
      () => configured([foreign('a', { x: async () => 1 }), foreign('b', { x: async () => 2 })]),
      'plugin b replaces the activity "x"',
    ],
    [
      'a plugin without its settings',
      () => new StorePlugin({} as { store: string }),
      'plugin stagewright.store: store: Invalid input: expected string, received undefined. Make the settings with',
    ],
    [
      'training without a host, and with a slot too few',
      () => new TrainingPlugin({ ...settings, host: '', cpuSlots: -1 }),
      /plugin stagewright\.training: host: .*; cpuSlots: /u,
    ],
    [
      'two stores in one Worker',
      () => compose([new StorePlugin(settings), new DataPlugin({ store: '/elsewhere' })]),
      `plugin stagewright.data works on the store /elsewhere, but stagewright.store on ${home}/store; a Worker has one`,
    ],
    [
      'training without a connection',
      () => configured(stagewrightPlugins(settings)),
      "plugin stagewright.training serves the queue stagewright-host-host-a over the Worker's connection: give Worker.create",
    ],
    [
      'a connection of another copy of the SDK',
      () => configured([new ControlPlugin()], { ...BASE, connection: {} as NativeConnection }),
      'two copies of @temporalio/worker are installed',
    ],
  ])('refuse %s', async (_what, work, message) => {
    const refused = await Promise.resolve()
      .then(work)
      .then(
        () => 'accepted',
        (error: unknown) => error,
      );
    expect(refused).toMatchObject({ type: 'SettingsMissing' });
    if (typeof message === 'string') expect((refused as Error).message).toContain(message);
    else expect((refused as Error).message).toMatch(message);
  });
});

describe('SDK packages', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stagewright-sdk-'));
    const worker = join(folder, 'node_modules', '@temporalio', 'worker');
    mkdirSync(worker, { recursive: true });
    writeFileSync(join(worker, 'package.json'), JSON.stringify({ name: '@temporalio/worker', version: '1.23.0' }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are found as Node resolves them, each once, and accepted at one version', () => {
    const own = findSdk([packageRoot(), packageRoot()]);
    expect(own.map(({ name }) => name)).toContain('@temporalio/worker');
    expect(new Set(own.map(({ file }) => file)).size).toBe(own.length);
    expect(() => assertOneVersion(own)).not.toThrow();
  });

  it('are refused where the program would load another version, naming both and their places', () => {
    const own = findSdk([packageRoot()]);
    const version = own[0]?.version ?? '';
    const check = (): void => assertOneVersion(findSdk([packageRoot(), folder]));
    expect(check).toThrow(`1.23.0 and ${version} are installed`);
    expect(check).toThrow(`made for ${version}`);
    expect(check).toThrow(join(folder, 'node_modules', '@temporalio', 'worker', 'package.json'));
  });
});
