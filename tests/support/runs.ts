/** Stages, epochs and launches of the stand-in trainer in temporary folders: what tests of store and runner share. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { EpochClaim, Owner } from '../../core/checkpoint.js';
import { sha256Hex } from '../../core/canonical-json.js';
import type { Launch, Timers } from '../../core/launch.js';
import { timersSchema } from '../../core/launch.js';
import { processesOf, sweep } from '../../runner/processes.js';
import { layout } from '../../store/layout.js';
import { openStore, type Store } from '../../store/store.js';

const HERE = dirname(fileURLToPath(import.meta.url));
process.env['STAGEWRIGHT_BACKENDS'] = join(HERE, 'stand-in-backend.mjs');

/** Short enough for tests, long enough for a busy machine. */
export const TIMERS: Timers = timersSchema.parse({
  renew_ms: 100,
  epoch_ttl_ms: 1_500,
  unattended_stop_ms: 600_000,
  stop_grace_ms: 5_000,
  poll_ms: 25,
});

export const KEY = sha256Hex('a stage');
export const owner = (attempt = 1, run_id = 'run-1'): Owner => ({ workflow_id: 'stage', run_id, attempt });

const folders: string[] = [];
const markers: string[] = [];

afterEach(async () => {
  for (const marker of markers.splice(0)) await sweep(marker);
  for (const folder of folders.splice(0)) {
    // Mounts first, should a test have failed before it unmounted.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stagewright-test-'));
  folders.push(folder);
  return folder;
}
export async function temporaryStore(): Promise<Store> {
  return openStore(join(await temporaryFolder(), 'store'));
}

export interface Script {
  readonly [behaviour: string]: unknown;
}
export interface LaunchOptions {
  readonly steps?: number;
  readonly saveEvery?: number;
  readonly stepMs?: number;
  readonly script?: Script;
  readonly timers?: Partial<Timers>;
  readonly devices?: string[];
  readonly keep?: number;
}

/** The launch of a claimed epoch, as the training activity renders it. */
export async function launchOf(
  store: Store,
  claim: EpochClaim,
  hostFolder: string,
  options: LaunchOptions = {},
): Promise<Launch> {
  const { steps = 20, saveEvery = 5, stepMs = 5, script = {} } = options;
  const { key, epoch } = claim;
  const marker = sha256Hex([store.root, key, claim.owner.run_id, claim.owner.attempt].join('\n')).slice(0, 24);
  markers.push(marker);
  const at = (path: string): string => store.objects.path(path);
  const runFolder = join(hostFolder, 'runs', marker);
  const manifest = claim.resume_from === null ? null : await store.readManifest(key, claim.resume_from);
  const command = (verb: string): string[] => [
    process.execPath,
    join(HERE, 'stand-in-trainer.mjs'),
    verb,
    join(runFolder, `${verb}-job.json`),
  ];
  return {
    schema: 'stagewright/launch@1',
    key,
    epoch,
    owner: claim.owner,
    host: claim.host,
    marker,
    devices: options.devices ?? [],
    store: store.root,
    run_folder: runFolder,
    backend: 'stand-in',
    job: JSON.parse(
      JSON.stringify({
        steps,
        save_every: saveEvery,
        step_ms: stepMs,
        script,
        resume:
          manifest === null
            ? null
            : { folder: store.checkpointFolder(manifest), step: manifest.step, files: manifest.files },
        metrics: at(layout.metrics(key, epoch)),
        checkpoints: at(layout.checkpoints(key, epoch)),
        export: at(layout.export(key, epoch)),
      }),
    ) as Launch['job'],
    train: { argv: command('train'), cwd: HERE, env: {} },
    export: { argv: command('export'), cwd: HERE, env: {} },
    trainer: { name: 'stand-in', version: '1' },
    planned_steps: steps,
    resume_from: claim.resume_from,
    continues: null,
    reach: 'shared',
    keep_checkpoints: options.keep ?? 2,
    timers: { ...TIMERS, ...options.timers },
  };
}

export async function claim(store: Store, attempt = 1, host = 'host-a'): Promise<EpochClaim> {
  const claimed = await store.claimEpoch({
    key: KEY,
    owner: owner(attempt, `run-${host}`),
    host,
    devices: [],
    epochTtlMs: TIMERS.epoch_ttl_ms,
  });
  if (claimed.kind !== 'claimed') throw new Error('the stage is finished');
  return claimed.claim;
}

/** Waits until `found` gives something; the limit only stops a hung test. */
export async function eventually<T>(
  what: string,
  found: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const value = await found();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`did not happen: ${what}`);
}

export function pidsOf(marker: string): number[] {
  return processesOf(marker).map(({ pid }) => pid);
}

/** Bytes on disk below a folder. */
export function diskUsage(folder: string): number {
  return Number(execFileSync('du', ['-s', '--block-size=1', folder], { encoding: 'utf8' }).split('\t')[0]);
}
