/**
 * Processes of a local stack: identity and life by runner/processes.ts, and finding by any variable of their environment (Linux
 * only; elsewhere none are found).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { identify, startTimeOf, type ProcessIdentity } from '../runner/processes.js';

export type { ProcessIdentity };

/** Undefined when there is no such process, or it is dead and only waits for its parent. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  return identify(pid) ?? undefined;
}

export function isAlive({ pid, start_time }: ProcessIdentity): boolean {
  return startTimeOf(pid) === start_time;
}

/** Parent's pid; undefined where unknown. */
export function parentOf(pid: number): number | undefined {
  const fields = process.platform === 'linux' ? statFields(pid) : undefined;
  return fields?.[1] === undefined ? undefined : Number(fields[1]);
}

/** Sends it only to the process that is meant; false when that is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

export interface MarkedProcess extends ProcessIdentity {
  readonly environment: ReadonlyMap<string, string>;
}

/** Processes of ours whose environment has `variable=value`. */
export function findMarked(variable: string, value: string): MarkedProcess[] {
  if (process.platform !== 'linux') return [];
  const found: MarkedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name) || Number(name) === process.pid) continue;
    const environment = environmentOf(name);
    const identity = environment?.get(variable) === value ? identityOf(Number(name)) : undefined;
    if (environment !== undefined && identity !== undefined) found.push({ ...identity, environment });
  }
  return found;
}

function environmentOf(pid: string): Map<string, string> | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  } catch {
    return undefined;
  }
}

function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
