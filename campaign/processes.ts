/** Finds the campaign's processes by a mark in their environment (/proc), so that none is missed however it was started. Linux. */
import { readFileSync } from 'node:fs';
import { findMarked } from '../cli/process-identity.js';

export type Role = 'trainer' | 'runner' | 'worker' | 'server' | 'cli' | 'other';
export interface Found {
  readonly pid: number;
  readonly role: Role;
  readonly command: string;
}

/** Live processes whose environment holds `name=value`. */
export function processesWith(name: string, value: string): Found[] {
  return findMarked(name, value).flatMap(({ pid }) => {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      return [{ pid, role: roleOf(argv), command: argv.join(' ') }];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}

function roleOf(argv: readonly string[]): Role {
  const line = argv.join(' ');
  if (/trainers\/onnx\/main\.js/u.test(line)) return 'trainer';
  if (/runner\/main\.js/u.test(line)) return 'runner';
  if (/cli\/main\.js worker/u.test(line)) return 'worker';
  if (/server start-dev/u.test(line)) return 'server';
  if (/cli\/main\.js demo/u.test(line)) return 'cli';
  return 'other';
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
