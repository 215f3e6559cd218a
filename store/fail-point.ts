/**
 * Fail points of the kill campaign: with STAGEWRIGHT_FAIL_POINT=`<name>:<nth>` this process kills itself with SIGKILL at the
 * nth hit of that name. Without the variable it does nothing. Only tests and the campaign set it.
 */

const hits = new Map<string, number>();

/** Names are listed where they are placed: `git grep "failPoint("`. */
export function failPoint(name: string): void {
  const wanted = process.env.STAGEWRIGHT_FAIL_POINT;
  if (wanted === undefined || wanted === '') return;
  const [wantedName, nth = '1'] = wanted.split(':');
  if (wantedName !== name) return;
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  if (hit !== Number(nth)) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered while this blocks, so that no further statement of the caller runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
