/** Processes of stagewright workers on this machine, and what would take their runners along when they end. Linux only. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { readSettings } from '../../workers/settings.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

interface Worker {
  readonly pid: number;
  readonly parent: number;
  /** Of systemd, e.g. `stagewright.service`; null outside a service. */
  readonly unit: string | null;
}

/** Programs that end when their one child does, and with them the container. */
const FORWARDING_INIT = /^(?:tini|dumb-init|docker-init|catatonit|sh|bash|dash|npm.*|node)$/u;

export async function checkSurvival({ settings, env }: Patient): Promise<Finding[]> {
  if (settings.shutdown === 'stop')
    return [pass('runners save a checkpoint and stop with the worker (STAGEWRIGHT_SHUTDOWN=stop)')];
  if (process.platform !== 'linux')
    return [
      warn(
        `whether runners outlive the worker is not known on ${process.platform}`,
        'end a worker while a stage trains, and look',
      ),
    ];
  const findings: Finding[] = [];
  const workers = listWorkers(settings.hostFolder);
  for (const worker of workers) findings.push(...(await ofWorker(worker)));
  if (env['SLURM_JOB_ID'] !== undefined)
    findings.push(
      warn(
        'this is a Slurm job: its end ends the runners too',
        'set STAGEWRIGHT_SHUTDOWN=stop, so that they save first',
      ),
    );
  if (workers.length === 0) {
    const container = inContainer(env);
    findings.push(
      container
        ? warn(
            'no worker runs here now, and this is a container: if the worker is its main process, its end ends the runners',
            'run doctor again beside the worker; or set STAGEWRIGHT_SHUTDOWN=stop',
          )
        : pass('no worker runs here now; under systemd its unit needs KillMode=process'),
    );
  }
  return findings;
}

async function ofWorker({ pid, parent, unit }: Worker): Promise<Finding[]> {
  if (unit !== null) {
    const mode = await killMode(unit);
    if (mode === 'process' || mode === 'none')
      return [pass(`worker ${pid} in ${unit}: KillMode=${mode}, runners outlive it`)];
    return [
      fail(
        `worker ${pid} in ${unit}: KillMode is ${mode ?? 'not known'}, so that systemd ends runners with the worker`,
        `add KillMode=process to the [Service] part of ${unit} (systemctl edit ${unit}), or set STAGEWRIGHT_SHUTDOWN=stop`,
      ),
    ];
  }
  const init = readText('/proc/1/comm').trim();
  if (pid === 1 || (parent === 1 && FORWARDING_INIT.test(init) && inContainer(process.env)))
    return [
      fail(
        `worker ${pid} is the main process of its container: its end ends the runners, and at most one checkpoint interval is lost`,
        'run it under a supervisor that lives on (s6, supervisord), or set STAGEWRIGHT_SHUTDOWN=stop with a stop timeout above STAGEWRIGHT_STOP_GRACE_MS',
      ),
    ];
  return [pass(`worker ${pid}: nothing here ends runners with it`)];
}

/** Those of this host folder, by command line (`... cli/main.js worker ...`) and environment; other users' cannot be read. */
export function listWorkers(hostFolder: string): Worker[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      const argv = readText(`/proc/${name}/cmdline`).split('\0');
      const at = argv.findIndex((arg) => /(?:^|\/)(?:cli\/main\.js|stagewright)$/u.test(arg));
      if (at < 0 || argv[at + 1] !== 'worker' || hostFolderOf(name) !== hostFolder) return [];
      const stat = readText(`/proc/${name}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
      return [{ pid: Number(name), parent, unit: unitOf(readText(`/proc/${name}/cgroup`)) }];
    });
}

function hostFolderOf(pid: string): string | null {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const entries = readText(`/proc/${pid}/environ`).split('\0');
    const env = Object.fromEntries(
      entries.map((entry) => [entry.split('=', 1)[0] ?? '', entry.replace(/^[^=]*=/u, '')]),
    );
    const { STAGEWRIGHT_HOME: home = '.stagewright', STAGEWRIGHT_HOST_DIR: folder } = env;
    const at = {
      STAGEWRIGHT_HOME: resolve(cwd, home),
      ...(folder === undefined ? {} : { STAGEWRIGHT_HOST_DIR: resolve(cwd, folder) }),
    };
    return readSettings({ ...env, ...at }).hostFolder;
  } catch {
    return null;
  }
}

/** The innermost service of a cgroup listing; a user's own manager is none. */
export function unitOf(cgroup: string): string | null {
  const names = [...cgroup.matchAll(/([^/\n]+\.service)(?=\/|$)/gmu)].map(([, name = '']) => name);
  const unit = names.at(-1);
  return unit === undefined || /^user@\d+\.service$/u.test(unit) ? null : unit;
}

async function killMode(unit: string): Promise<string | null> {
  for (const scope of [[], ['--user']])
    try {
      const args = [...scope, 'show', unit, '--property=KillMode', '--value'];
      const { stdout } = await promisify(execFile)('systemctl', args, { timeout: 5_000 });
      if (stdout.trim() !== '') return stdout.trim();
    } catch {
      // No systemd that answers in this scope.
    }
  return null;
}

function inContainer(env: NodeJS.ProcessEnv): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv') || env['KUBERNETES_SERVICE_HOST'] !== undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
