/**
 * All @temporalio packages must be one version, and one copy: a Worker and activities of two copies do not see each other's context.
 * Versions are read from package.json files, ours and those that the running program would load.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { StagewrightError } from '../../core/failures.js';
import { packageRoot } from '../../store/package-root.js';

/** Those whose versions must agree between a Worker, its activities, its workflows and its clients. */
const PACKAGES = ['activity', 'client', 'common', 'plugin', 'worker', 'workflow'].map((name) => `@temporalio/${name}`);

export interface SdkPackage {
  readonly name: string;
  readonly version: string;
  readonly file: string;
}

/** As Node resolves them from each folder; what a folder does not have is left out, what several share is told once. */
export function findSdk(folders: readonly string[]): SdkPackage[] {
  const found = new Map<string, SdkPackage>();
  for (const folder of folders) {
    const { resolve } = createRequire(join(folder, 'resolves-from-here.js'));
    for (const name of PACKAGES) {
      const file = orUndefined(() => resolve(`${name}/package.json`));
      if (file === undefined) continue;
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
      found.set(file, { name, version, file });
    }
  }
  return [...found.values()];
}

let found: readonly SdkPackage[] | undefined;

/** Of this process, looked for once. @throws StagewrightError SettingsMissing naming each package with its version and place. */
export function assertOneSdk(): void {
  found ??= findSdk([packageRoot(), process.cwd(), ...program()]);
  assertOneVersion(found);
}

/** @param sdk the first is what stagewright itself loads. @throws StagewrightError SettingsMissing */
export function assertOneVersion(sdk: readonly SdkPackage[]): void {
  const versions = [...new Set(sdk.map(({ version }) => version))];
  if (versions.length < 2) return;
  const lines = sdk.map(({ name, version, file }) => `  ${name} ${version} (${file})`).sort();
  const own = versions[0] ?? '';
  throw new StagewrightError(
    'SettingsMissing',
    `the @temporalio packages do not match: ${[...versions].sort().join(' and ')} are installed, and they must be one version; ` +
      `this stagewright is made for ${own}. Install that version of each:\n${lines.join('\n')}`,
    { versions },
  );
}

/** @throws StagewrightError SettingsMissing when the Worker's connection is of another copy of the SDK than the plugins use. */
export function assertSameCopy({ connection }: Pick<WorkerOptions, 'connection'>): void {
  if (connection === undefined || connection instanceof NativeConnection) return;
  throw new StagewrightError(
    'SettingsMissing',
    "the Worker's connection is none of the NativeConnection that stagewright's plugins load: two copies of @temporalio/worker are " +
      'installed. `npm ls @temporalio/worker` shows them; `npm dedupe`, or installing the version that stagewright names, leaves one.',
  );
}

/** Folder of the program that runs. */
function program(): string[] {
  const main = process.argv[1];
  return main === undefined ? [] : [join(main, '..')];
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
