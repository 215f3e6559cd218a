/**
 * Several plugins as one, which refuses at start what would go wrong later: a plugin given twice, two that bring an activity of one
 * name (foreign plugins too), two of ours on different stores, SDK packages that do not match.
 */
import type { ClientPlugin, ConnectionPlugin, ClientOptions, ConnectionOptions } from '@temporalio/client';
import type {
  BundleOptions,
  BundlerPlugin,
  NativeConnectionOptions,
  NativeConnectionPlugin,
  ReplayWorkerOptions,
  Worker,
  WorkerOptions,
  WorkerPlugin,
} from '@temporalio/worker';
import { StagewrightError } from '../../core/failures.js';
import { byName } from './activity-names.js';
import { DomainPlugin } from './domain-plugin.js';
import { assertOneSdk } from './sdk-versions.js';

/** Of any kind: each hook is optional. */
export type AnyPlugin = WorkerPlugin &
  Partial<Omit<ClientPlugin & BundlerPlugin & ConnectionPlugin & NativeConnectionPlugin, 'name'>>;

/**
 * @example
 * const plugins = [compose([...stagewrightPlugins(settings), myPlugin])];
 * const worker = await Worker.create({ connection, taskQueue, workflowsPath, plugins });
 * @throws StagewrightError SettingsMissing
 */
export function compose(plugins: readonly AnyPlugin[]): ComposedPlugin {
  assertOneSdk();
  const names = plugins.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new StagewrightError('SettingsMissing', `plugin ${twice} is given twice; leave one of them`);
  const [first, ...others] = plugins.filter((plugin) => plugin instanceof DomainPlugin && plugin.store !== undefined);
  for (const other of others as DomainPlugin[])
    if (other.store !== (first as DomainPlugin).store)
      throw new StagewrightError(
        'SettingsMissing',
        `plugin ${other.name} works on the store ${other.store ?? ''}, but ${first?.name ?? ''} on ` +
          `${(first as DomainPlugin).store ?? ''}; a Worker has one`,
      );
  return new ComposedPlugin(plugins);
}

export class ComposedPlugin
  implements WorkerPlugin, ClientPlugin, BundlerPlugin, ConnectionPlugin, NativeConnectionPlugin
{
  readonly name = 'stagewright';

  constructor(readonly plugins: readonly AnyPlugin[]) {}

  async configureWorker(options: WorkerOptions): Promise<WorkerOptions> {
    for (const plugin of this.plugins) {
      if (plugin instanceof DomainPlugin) await plugin.prepare();
      if (plugin.configureWorker === undefined) continue;
      const before = options.activities;
      options = await plugin.configureWorker(options);
      assertKept(plugin.name, before, options.activities);
    }
    return options;
  }

  async configureReplayWorker(options: ReplayWorkerOptions): Promise<ReplayWorkerOptions> {
    for (const plugin of this.plugins) options = (await plugin.configureReplayWorker?.(options)) ?? options;
    return options;
  }

  configureBundler(options: BundleOptions): BundleOptions {
    return this.plugins.reduce((made, plugin) => plugin.configureBundler?.(made) ?? made, options);
  }

  configureClient(options: Omit<ClientOptions, 'plugins'>): Omit<ClientOptions, 'plugins'> {
    return this.plugins.reduce((made, plugin) => plugin.configureClient?.(made) ?? made, options);
  }

  configureConnection(options: ConnectionOptions): ConnectionOptions {
    return this.plugins.reduce((made, plugin) => plugin.configureConnection?.(made) ?? made, options);
  }

  configureNativeConnection(options: NativeConnectionOptions): NativeConnectionOptions {
    return this.plugins.reduce((made, plugin) => plugin.configureNativeConnection?.(made) ?? made, options);
  }

  /** Nested, the first plugin outermost, as the SDK does it. */
  runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const run = this.plugins.reduceRight(
      (inner, plugin) => (w) => (plugin.runWorker === undefined ? inner(w) : plugin.runWorker(w, inner)),
      next,
    );
    return run(worker);
  }
}

/** The SDK merges activities by name and the last one wins, silently. */
function assertKept(plugin: string, before: object | undefined, after: object | undefined): void {
  const now = byName(after);
  for (const [name, activity] of byName(before))
    if (now.get(name) !== activity)
      throw new StagewrightError(
        'SettingsMissing',
        `plugin ${plugin} ${now.has(name) ? 'replaces' : 'removes'} the activity "${name}" that was registered before it; ` +
          'rename one of them',
        { activity: name },
      );
}
