/** One program of a run (trainer, exporter): its own process group, its log, its end. Ending it is a ladder, proved by a sweep. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command, Launch } from '../core/launch.js';
import { faultOf } from '../store/faults.js';
import type { Exit } from './exit-verdict.js';
import { kill, MARKER_VARIABLE, sweep } from './processes.js';

const TAIL_BYTES = 16 * 1024;

export interface Child {
  readonly pid: number | null;
  readonly exited: Promise<Exit>;
  /** Null while it runs. */
  exit(): Exit | null;
  /** SIGTERM; it may save. After `graceMs` its group is killed. Does not wait. */
  stop(graceMs: number): void;
  /** SIGKILL of the group and of all with the run's marker; returns pids that survive. */
  destroy(): Promise<number[]>;
  /** The log's last 16 kB of this program. */
  log(): string;
}

/** @throws StagewrightError when the log cannot be opened. */
export function startChild(launch: Launch, command: Command, logFile: string): Child {
  let log: number;
  try {
    mkdirSync(dirname(logFile), { recursive: true });
    log = openSync(logFile, 'a+');
  } catch (error) {
    throw faultOf(error, logFile);
  }
  const begin = fstatSync(log).size;
  const [program = '', ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: command.cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...command.env,
      [MARKER_VARIABLE]: launch.marker,
      // Empty hides all GPUs from a stage that leased none.
      CUDA_VISIBLE_DEVICES: launch.devices.join(','),
    },
  });
  closeSync(log);
  let ended: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      ended ??= exit;
      resolve(ended);
    };
    child.once('error', (error) => end({ code: null, signal: null, error: error.message }));
    child.once('exit', (code, signal) => end({ code, signal, error: null }));
  });
  const { pid } = child;
  return {
    pid: pid ?? null,
    exited,
    exit: () => ended,
    stop(graceMs) {
      if (pid === undefined || ended !== null) return;
      kill(pid, 'SIGTERM');
      void Promise.race([exited, delay(graceMs)]).then(() => {
        if (ended === null) kill(-pid, 'SIGKILL');
      });
    },
    async destroy() {
      if (pid !== undefined) kill(-pid, 'SIGKILL');
      const left = await sweep(launch.marker);
      if (pid !== undefined && left.length === 0) await exited;
      return left;
    },
    log: () => tailOf(logFile, begin),
  };
}

function tailOf(file: string, begin: number): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(handle);
    const from = Math.max(begin, size - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    const bytes = readSync(handle, buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytes).toString('utf8');
  } catch {
    return '';
  } finally {
    closeSync(handle);
  }
}
