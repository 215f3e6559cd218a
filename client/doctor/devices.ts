/** Devices and slots that this host's worker may lease, against what the machine has. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

const LIMIT_MS = 15_000;

interface Gpu {
  readonly index: string;
  readonly uuid: string;
  readonly name: string;
}

export async function checkDevices({ settings, env }: Patient): Promise<Finding[]> {
  const { devices, cpuSlots } = settings;
  const findings: Finding[] = [];
  const gpus = await listGpus(env);
  if (typeof gpus === 'string') {
    if (devices.length > 0)
      findings.push(
        fail(
          `STAGEWRIGHT_DEVICES names ${devices.join(', ')}, but ${gpus}`,
          'install the driver, or set STAGEWRIGHT_DEVICES to what this host has (empty = none)',
        ),
      );
  } else findings.push(...compare(gpus, devices));
  if (devices.length === 0 && cpuSlots === 0)
    findings.push(
      warn(
        'this host offers neither devices nor CPU slots: no stage can train here',
        'set STAGEWRIGHT_DEVICES or STAGEWRIGHT_CPU_SLOTS',
      ),
    );
  const cores = availableParallelism();
  if (cpuSlots > cores)
    findings.push(
      warn(
        `${cpuSlots} CPU slots on ${cores} cores: stages will slow each other down`,
        `set STAGEWRIGHT_CPU_SLOTS to ${cores} at most`,
      ),
    );
  else findings.push(pass(`${cpuSlots} CPU slot${cpuSlots === 1 ? '' : 's'}, ${cores} cores`));
  return findings;
}

function compare(gpus: readonly Gpu[], devices: readonly string[]): Finding[] {
  const has = (device: string): Gpu | undefined =>
    gpus.find(
      ({ index, uuid }) =>
        index === device || uuid === device || (device.startsWith('GPU-') && uuid.startsWith(device)),
    );
  // Slices of a device (MIG) have names of their own.
  const unknown = devices.filter((device) => !device.startsWith('MIG-') && has(device) === undefined);
  if (unknown.length > 0)
    return [
      fail(
        `STAGEWRIGHT_DEVICES names ${unknown.join(', ')}; this host has ${gpus.map(({ index, name }) => `${index} (${name})`).join(', ')}`,
        'correct STAGEWRIGHT_DEVICES: indices or UUIDs, as CUDA_VISIBLE_DEVICES takes them',
      ),
    ];
  const named = devices.map((device) => has(device)?.index ?? device);
  const idle = gpus.filter(({ index }) => !named.includes(index));
  if (new Set(named).size < named.length)
    return [
      fail(
        `STAGEWRIGHT_DEVICES names a device twice: ${devices.join(', ')}`,
        'name each once: two stages would share it',
      ),
    ];
  const found: Finding[] = [
    pass(`${devices.length} of ${gpus.length} GPUs may be leased: ${devices.join(', ') || 'none'}`),
  ];
  if (idle.length > 0)
    found.push(
      warn(
        `GPUs ${idle.map(({ index, name }) => `${index} (${name})`).join(', ')} are not in STAGEWRIGHT_DEVICES`,
        'add them, unless they are meant for others: no stage trains on them',
      ),
    );
  return found;
}

/** Words where there is none. */
async function listGpus(env: NodeJS.ProcessEnv): Promise<readonly Gpu[] | string> {
  try {
    const query = ['--query-gpu=index,uuid,name', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: LIMIT_MS, env });
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(',').map((cell) => cell.trim()))
      .map(([index = '', uuid = '', name = '']) => ({ index, uuid, name }));
  } catch (error) {
    const { code, killed } = error as { code?: string | number; killed?: boolean };
    if (code === 'ENOENT') return 'there is no nvidia-smi here';
    return killed === true ? 'nvidia-smi does not answer' : `nvidia-smi fails (${code ?? 'no code'})`;
  }
}
