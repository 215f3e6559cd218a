/**
 * Processes of a run, found by the marker in their environment: children that re-parented or left the process group are found
 * too. On Linux by /proc; elsewhere by `ps` (processes-ps.ts). A defunct process does not count: it runs nothing and holds nothing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../store/faults.js';
import { psProcessesOf, psStartTimeOf } from './processes-ps.js';

/** Every process of a run has it in its environment. */
export const MARKER_VARIABLE = 'STAGEWRIGHT_RUN';
const HAS_PROC = existsSync('/proc/self/environ');
const SWEEP_LIMIT_MS = 10_000;

/** `start_time` tells a process from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start_time: string;
}
export interface RunProcess {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Clock ticks since boot (/proc/PID/stat field 22); null when there is no such process, or only its defunct entry. */
export function startTimeOf(pid: number): string | null {
  if (!HAS_PROC) return psStartTimeOf(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in field 2 may hold spaces and brackets: fields are counted from its last one. Field 3 is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export function identify(pid: number): ProcessIdentity | null {
  const start_time = startTimeOf(pid);
  return start_time === null ? null : { pid, start_time };
}

/** Pid, start time and marker agree. A stopped (SIGSTOP) process is alive. */
export function isAlive({ pid, start_time }: ProcessIdentity, marker: string): boolean {
  if (startTimeOf(pid) !== start_time) return false;
  return HAS_PROC ? hasMarker(pid, marker) : psProcessesOf(marker).some((process) => process.pid === pid);
}

/** Live processes with this marker. Those of other users cannot be read and are not ours. */
export function processesOf(marker: string): RunProcess[] {
  if (!HAS_PROC) return psProcessesOf(marker);
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => hasMarker(pid, marker) && startTimeOf(pid) !== null)
    .map((pid) => ({ pid, argv: argvOf(pid) }));
}

/**
 * SIGKILL to every process with the marker until two looks in a row find none.
 * @param except pids to leave alone; this process always is.
 * @returns pids that could not be ended within 10 s (in uninterruptible sleep); normally none.
 */
export async function sweep(marker: string, except: readonly number[] = []): Promise<number[]> {
  const spared = [process.pid, ...except];
  const deadline = performance.now() + SWEEP_LIMIT_MS;
  for (let quiet = 0; ;) {
    const found = processesOf(marker).filter(({ pid }) => !spared.includes(pid));
    for (const { pid } of found) kill(pid, 'SIGKILL');
    quiet = found.length === 0 ? quiet + 1 : 0;
    if (quiet === 2) return [];
    if (performance.now() > deadline) return found.map(({ pid }) => pid);
    await delay(10);
  }
}

/** False when there is no such process (group). A negative pid is a process group. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH' || errorCode(error) === 'EPERM') return false;
    throw error;
  }
}

function hasMarker(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARKER_VARIABLE}=${marker}`);
  } catch {
    return false;
  }
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
