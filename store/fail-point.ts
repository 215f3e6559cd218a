/**
 * Fail points for the kill campaign: named places where a process may kill itself, so that a kill hits the narrowest moments
 * (between a save and its manifest, within an epoch claim). Off unless the environment asks; never thrown, always SIGKILL.
 */
import { readFileSync, unlinkSync } from 'node:fs';

const hits = new Map<string, number>();

/**
 * `STAGEWRIGHT_FAIL_POINT=<name>:<nth>` kills this process at its nth pass of `name` (counted from 1).
 * `STAGEWRIGHT_FAIL_POINT_FILE=<path>` names a file that holds `<name>:<nth>`; whoever hits it removes the file first, so that one
 * order kills one process only.
 */
export function failPoint(name: string): void {
  const { STAGEWRIGHT_FAIL_POINT: order, STAGEWRIGHT_FAIL_POINT_FILE: file } = process.env;
  if (order === undefined && file === undefined) return;
  const passed = (hits.get(name) ?? 0) + 1;
  hits.set(name, passed);
  if (order === `${name}:${passed}`) die();
  if (file === undefined) return;
  try {
    const [wanted, nth] = readFileSync(file, 'utf8').trim().split(':');
    if (wanted !== name || passed < Number(nth)) return;
    // Two processes may read the same order; the one whose removal succeeds carries it out.
    unlinkSync(file);
  } catch {
    return;
  }
  die();
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  // SIGKILL of oneself may return before it is delivered.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}
