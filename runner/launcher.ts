/**
 * Workers' side of a run: start its runner or attach to it, attend it, stop it. Everything is idempotent and safe to call twice
 * at once, since an attempt may be superseded without knowing. The runner's own side is run-stage.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { StagewrightError } from '../core/failures.js';
import type { Launch, Outcome, RunnerState, TrainingProgress } from '../core/launch.js';
import { distFile } from '../store/dist-file.js';
import { identify, isAlive, kill, MARKER_VARIABLE, processesOf, sweep, type ProcessIdentity } from './processes.js';
import { exists, makeRunFolder, readLaunch, readState, runFiles, touch, writeWhole } from './run-folder.js';

/** From the runner's spawn to its first state file; a loaded machine takes seconds to load Node. */
const START_LIMIT_MS = 120_000;
/** A start section that did not touch its lock for so long is dead. */
const LOCK_STALE_MS = 5_000;
/** Beyond the runner's own grace: for its last commit and its state file. */
const STOP_MARGIN_MS = 30_000;
/** A step that was made is told this often, whatever else at once: the cores are the trainer's. */
const WATCH_MS = 1_000;
const ATTEND_MS = 1_000;

export type Launched =
  /** `adopted`: it ran before this call. */
  | { readonly kind: 'running'; readonly runner: ProcessIdentity; readonly adopted: boolean }
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  /** It died without saying how; nothing of its tree is left. */
  | { readonly kind: 'lost'; readonly reason: string };

/**
 * Starts the launch's runner, or attaches to it, or tells how it ended. Two calls at once start one runner.
 * @throws StagewrightError StopIncomplete when what a dead runner left cannot be ended.
 */
export async function launchOrAttach(launch: Launch): Promise<Launched> {
  const { run_folder: folder, marker } = launch;
  makeRunFolder(folder);
  return locked(folder, async () => {
    const known = readLaunch(folder);
    if (known !== null && known.epoch !== launch.epoch) await forget(folder, marker);
    const state = readState(folder) ?? (await awaitState(folder, marker, () => processesOf(marker).length === 0));
    if (state !== null) {
      const runner = { pid: state.pid, start_time: state.start_time };
      if (state.phase !== 'ended' && isAlive(runner, marker)) return { kind: 'running', runner, adopted: true };
      await sweepAll(marker);
      const { outcome } = readState(folder) ?? state;
      if (outcome !== null) return { kind: 'ended', outcome };
      return { kind: 'lost', reason: `the runner (pid ${state.pid}) died while ${state.phase}` };
    }
    // Without a state file no trainer was ever started: the runner writes it first.
    await sweepAll(marker);
    if (exists(runFiles.stop(folder))) return { kind: 'ended', outcome: { kind: 'stopped', reason: 'requested' } };
    return start(launch);
  });
}

export interface WatchOptions {
  /** Aborting ends the watch, not the run. */
  readonly signal?: AbortSignal;
  /** On each change, at least once a second, and with the last words. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Tell the runner that somebody looks after it. Default true. */
  readonly attend?: boolean;
}

/**
 * Attends a run that `launchOrAttach` found until it ends. `lost`: the runner died without a word; its tree is gone.
 * @throws the signal's reason when that is aborted; StagewrightError StopIncomplete as above.
 */
export async function watchRun(launch: Launch, options: WatchOptions = {}): Promise<Outcome | 'lost'> {
  const { run_folder: folder, marker, timers } = launch;
  const { signal, onProgress, attend = true } = options;
  const aborted = signal === undefined ? {} : { signal };
  let told = { text: '', at: 0 };
  let attended = -Infinity;
  let moved = { step: null as number | null, at: performance.now() };
  for (;;) {
    signal?.throwIfAborted();
    if (attend && performance.now() - attended >= ATTEND_MS) {
      touch(runFiles.attended(folder));
      attended = performance.now();
    }
    const state = readState(folder);
    if (state?.outcome != null) {
      onProgress?.(progressOf(state, 0));
      return state.outcome;
    }
    if (state === null || !isAlive({ pid: state.pid, start_time: state.start_time }, marker)) {
      // Its last words may have come between the two looks.
      const last = readState(folder);
      if (last?.outcome != null) {
        onProgress?.(progressOf(last, 0));
        return last.outcome;
      }
      await sweepAll(marker);
      return 'lost';
    }
    const now = performance.now();
    if (state.step !== moved.step) moved = { step: state.step, at: now };
    const text = JSON.stringify([state.phase, state.last_manifest]);
    if (text !== told.text || now - told.at >= WATCH_MS) {
      told = { text, at: now };
      onProgress?.(progressOf(state, (now - moved.at) / 1000));
    }
    await delay(timers.poll_ms, undefined, aborted).catch(() => undefined);
  }
}

export interface StopRequest {
  readonly runFolder: string;
  readonly marker: string;
  /** From the request to SIGKILL of everything: the trainer's time to save. Default: the launch's. */
  readonly graceMs?: number;
}

/**
 * Asks the runner to save and stop, waits, then kills; returns when the whole tree is proved gone: with its last words, or null
 * when it left none. A runner that was not started yet never will be.
 * @throws StagewrightError StopIncomplete naming the pids that survive.
 */
export async function stopRun({ runFolder, marker, graceMs }: StopRequest): Promise<Outcome | null> {
  makeRunFolder(runFolder);
  writeWhole(runFiles.stop(runFolder), { reason: 'requested' });
  const grace = (graceMs ?? readLaunch(runFolder)?.timers.stop_grace_ms ?? 30_000) + STOP_MARGIN_MS;
  const deadline = performance.now() + grace;
  while (performance.now() < deadline) {
    const runner = await findRunner(runFolder, marker);
    if (runner === null) break;
    await delay(50);
  }
  await sweepAll(marker);
  return readState(runFolder)?.outcome ?? null;
}

/** The live runner of a folder; null when there is none, or when it has ended its work. */
export function findRunner(runFolder: string, marker: string): Promise<ProcessIdentity | null> {
  const state = readState(runFolder);
  if (state === null) {
    // Between its spawn and its first state file it is known by its marker only.
    const pid = processesOf(marker).find(({ argv }) => isRunnerCommand(argv))?.pid;
    return Promise.resolve(pid === undefined ? null : identify(pid));
  }
  const runner = { pid: state.pid, start_time: state.start_time };
  return Promise.resolve(state.phase !== 'ended' && isAlive(runner, marker) ? runner : null);
}

/** Whether a command line is a runner's. */
export function isRunnerCommand(argv: readonly string[]): boolean {
  return argv.some((word) => /[\\/]runner[\\/]main\.js$/.test(word));
}

async function start(launch: Launch): Promise<Launched> {
  const { run_folder: folder, marker } = launch;
  writeWhole(runFiles.launch(folder), launch);
  touch(runFiles.attended(folder));
  const log = openSync(runFiles.log(folder), 'a');
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [distFile('runner/main.js'), runFiles.launch(folder)], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, [MARKER_VARIABLE]: marker },
    });
  } finally {
    closeSync(log);
  }
  let gone = false;
  child.once('exit', () => (gone = true)).once('error', () => (gone = true));
  child.unref();
  const state = await awaitState(folder, marker, () => gone);
  if (state === null) {
    await sweepAll(marker);
    return { kind: 'lost', reason: `the runner ended before it began: see ${runFiles.log(folder)}` };
  }
  if (state.outcome !== null) return { kind: 'ended', outcome: state.outcome };
  return { kind: 'running', runner: { pid: state.pid, start_time: state.start_time }, adopted: false };
}

/** The first state file of a runner that is on its way; null once `gone` says that there is none. */
async function awaitState(folder: string, marker: string, gone: () => boolean): Promise<RunnerState | null> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline) {
    const over = gone();
    const state = readState(folder);
    if (state !== null || over) return state;
    await delay(20);
  }
  return null;
}

/** What an ended epoch of the same owner left in the folder. */
async function forget(folder: string, marker: string): Promise<void> {
  await sweepAll(marker);
  for (const file of [runFiles.state(folder), runFiles.stop(folder), runFiles.attended(folder)])
    rmSync(file, { force: true });
}

async function sweepAll(marker: string): Promise<void> {
  for (const { pid } of processesOf(marker)) if (pid !== process.pid) kill(pid, 'SIGKILL');
  const left = await sweep(marker);
  if (left.length > 0)
    throw new StagewrightError('StopIncomplete', `processes ${left.join(', ')} of run ${marker} cannot be ended`, {
      pids: left.map(String),
      marker,
    });
}

async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const release = await lockfile.lock(folder, {
    lockfilePath: runFiles.startLock(folder),
    stale: LOCK_STALE_MS,
    retries: { forever: true, minTimeout: 50, maxTimeout: 500, maxRetryTime: START_LIMIT_MS * 4 },
    // Somebody took it over while this process was stopped; all that follows is checked against processes, not the lock.
    onCompromised: () => undefined,
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}

function progressOf(state: RunnerState, idle: number): TrainingProgress {
  const { phase, step, planned_steps, steps_per_second, last_manifest, last_metrics, committed } = state;
  return {
    phase,
    step,
    planned_steps,
    steps_per_second,
    last_manifest,
    ...(last_metrics === undefined ? {} : { last_metrics }),
    ...(committed === undefined ? {} : { committed }),
    idle_seconds: Math.round(idle * 10) / 10,
  };
}
