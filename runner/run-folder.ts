/** Files of a run's host-local folder, by which runner and workers talk: launch, state, attended, stop. No sockets. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchSchema, runnerStateSchema, type Launch, type RunnerState } from '../core/launch.js';
import { StagewrightError } from '../core/failures.js';
import { faultOf, isMissing } from '../store/faults.js';
import { parseRecord, recordText } from '../store/records.js';

export const runFiles = {
  launch: (folder: string): string => join(folder, 'launch.json'),
  state: (folder: string): string => join(folder, 'state.json'),
  /** Touched by whoever attends the run. */
  attended: (folder: string): string => join(folder, 'attended'),
  /** Asks the runner to save and stop; it holds the reason. It also keeps a runner from being started. */
  stop: (folder: string): string => join(folder, 'stop'),
  log: (folder: string): string => join(folder, 'runner.log'),
  /** Created exclusively by the runner of an epoch: a second one of the same launch ends at once. */
  started: (folder: string, epoch: number): string => join(folder, `started-${epoch}`),
  trainJob: (folder: string): string => join(folder, 'train-job.json'),
  exportJob: (folder: string): string => join(folder, 'export-job.json'),
  startLock: (folder: string): string => join(folder, 'start.lock'),
} as const;

/** Null while there is none, or while it cannot be read as one (its writer died on a full disk, say). */
export function readState(folder: string): RunnerState | null {
  return tolerant(() => parseRecord(readFileSync(runFiles.state(folder), 'utf8'), 'state.json', runnerStateSchema));
}
/** Null while there is none that can be read. */
export function readLaunch(folder: string): Launch | null {
  return tolerant(() => readLaunchFile(runFiles.launch(folder)));
}
/** @throws StagewrightError naming the file. */
export function readLaunchFile(file: string): Launch {
  return parseRecord(readFileSync(file, 'utf8'), file, launchSchema);
}

/** Replaces a host-local file as a whole. Not synced: after a power cut no process of the run lives to need it. */
export function writeWhole(file: string, value: unknown): void {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    writeFileSync(temporary, recordText(value));
    renameSync(temporary, file);
  } catch (error) {
    throw faultOf(error, file);
  }
}

export function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch (error) {
    if (!isMissing(error)) throw error;
    closeSync(openSync(file, 'a'));
  }
}

export function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

export function makeRunFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw faultOf(error, folder);
  }
}

function tolerant<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isMissing(error) || error instanceof StagewrightError) return null;
    throw error;
  }
}
