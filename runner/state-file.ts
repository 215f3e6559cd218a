/** The runner's state file: replaced on each change and once a second, so that watchers see that it lives. */
import type { RunnerState } from '../core/launch.js';
import { runFiles, writeWhole } from './run-folder.js';

const BEAT_MS = 1_000;

export interface StateFile {
  readonly current: () => RunnerState;
  readonly update: (change: Partial<RunnerState>) => void;
  readonly close: () => void;
}

/** @param onError is told when the file cannot be written (a full disk); the run goes on. */
export function openStateFile(folder: string, first: RunnerState, onError: (error: unknown) => void): StateFile {
  let state = first;
  const write = (): void => {
    try {
      writeWhole(runFiles.state(folder), state);
    } catch (error) {
      onError(error);
    }
  };
  // The first one must be there before anything else happens: without it no trainer may have been started.
  writeWhole(runFiles.state(folder), state);
  const timer = setInterval(write, BEAT_MS);
  return {
    current: () => state,
    update: (change) => {
      const next = { ...state, ...change };
      if (JSON.stringify(next) === JSON.stringify(state)) return;
      state = next;
      write();
    },
    close: () => {
      clearInterval(timer);
      write();
    },
  };
}
