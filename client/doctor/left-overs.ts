/** Leases and runners on this host that belong to nobody any more. It ends nothing: the next worker does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processesOf } from '../../runner/processes.js';
import { readLaunch, readState } from '../../runner/run-folder.js';
import { readLeases } from '../../workers/host-leases.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';
import { listWorkers } from './processes.js';

export async function checkLeases({ settings }: Patient): Promise<Finding[]> {
  const leases = readLeases(settings.hostFolder);
  if (leases.length === 0) return [pass('no device is leased')];
  return leases.map(({ key, marker, holds, runner, granted_at }) => {
    const what = `${holds.join(', ')} by stage ${key.slice(0, 12)}`;
    const live = processesOf(marker).length;
    if (runner !== null && isAlive(runner, marker))
      return pass(`leased: ${what}; its runner (pid ${runner.pid}) lives`);
    if (live > 0)
      return warn(
        `leased: ${what}; its runner is dead, ${live} processes of it live`,
        'the next request for a device ends them; a worker must run here',
      );
    return runner === null
      ? pass(`leased: ${what} since ${granted_at}; its runner is being started`)
      : warn(`leased: ${what}; nothing of its run lives`, 'nothing: it lapses when the next stage asks for a device');
  });
}

export async function checkRuns({ settings }: Patient): Promise<Finding[]> {
  const runs = join(settings.hostFolder, 'runs');
  const leased = readLeases(settings.hostFolder).map(({ marker }) => marker);
  const findings: Finding[] = [];
  for (const marker of existsSync(runs) ? readdirSync(runs) : []) {
    const folder = join(runs, marker);
    const pids = processesOf(marker).map(({ pid }) => pid);
    if (pids.length === 0) continue;
    const stage = readLaunch(folder)?.key.slice(0, 12) ?? 'unknown';
    const step = readState(folder)?.step ?? 0;
    if (!leased.includes(marker))
      findings.push(
        fail(
          `a run of stage ${stage} (pids ${pids.join(', ')}) trains without a lease`,
          `end it: kill ${pids.join(' ')}; another stage may be given its device`,
        ),
      );
    else if (listWorkers(settings.hostFolder).length === 0)
      findings.push(
        warn(
          `the runner of stage ${stage} (step ${step}) has no worker here`,
          `start one: it takes the runner up; else that stops itself after ${settings.timers.unattended_stop_ms / 1000} s`,
        ),
      );
    else findings.push(pass(`stage ${stage} trains here (step ${step})`));
  }
  return findings;
}
