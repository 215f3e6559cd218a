/** Where there is no /proc (macOS): the same questions asked of `ps`. It sees the environment of one's own processes only. */
import { spawnSync } from 'node:child_process';

export function psStartTimeOf(pid: number): string | null {
  const [state, ...started] =
    lines(['-o', 'state=,lstart=', '-p', String(pid)])[0]
      ?.trim()
      .split(/\s+/) ?? [];
  return state === undefined || state.startsWith('Z') ? null : started.join(' ');
}

export function psProcessesOf(marker: string): { pid: number; argv: string[] }[] {
  return lines(['-axwwE', '-o', 'pid=,state=,command='])
    .filter((line) => line.includes(`STAGEWRIGHT_RUN=${marker}`))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, state]) => state?.startsWith('Z') === false)
    .map(([pid, , ...argv]) => ({ pid: Number(pid), argv }));
}

function lines(args: string[]): string[] {
  const { stdout } = spawnSync('ps', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return (stdout ?? '').split('\n').filter((line) => line.trim() !== '');
}
