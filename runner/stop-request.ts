/** Whether the runner should save and stop: asked by signal or file, or because no worker has attended it for long. */
import { readFileSync, statSync } from 'node:fs';
import type { Launch } from '../core/launch.js';
import { exists, runFiles } from './run-folder.js';

export type StopReason = 'requested' | 'unattended';

export interface StopRequest {
  /** Null while it should go on. The first reason stays. */
  reason(): StopReason | null;
  close(): void;
}

export function watchStopRequest({ run_folder: folder, timers }: Launch): StopRequest {
  let reason: StopReason | null = null;
  const onSignal = (): void => {
    reason ??= 'requested';
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // Changes of the file's time by our own monotonic clock: neither a suspended machine nor a set clock looks like absence.
  let attended = { mtimeMs: mtimeOf(folder), at: performance.now() };
  return {
    reason() {
      if (reason !== null) return reason;
      if (exists(runFiles.stop(folder))) return (reason = reasonIn(runFiles.stop(folder)));
      const mtimeMs = mtimeOf(folder);
      const now = performance.now();
      if (mtimeMs !== attended.mtimeMs) attended = { mtimeMs, at: now };
      if (now - attended.at > timers.unattended_stop_ms) reason = 'unattended';
      return reason;
    },
    close() {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}

function mtimeOf(folder: string): number {
  return statSync(runFiles.attended(folder), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function reasonIn(file: string): StopReason {
  return readFileSync(file, 'utf8').includes('unattended') ? 'unattended' : 'requested';
}
