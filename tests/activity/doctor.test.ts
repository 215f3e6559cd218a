/** Checks of `doctor` on real folders, processes and mounts; the server's are in the server tier. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../client/doctor/checks.js';
import type { Finding } from '../../client/doctor/finding.js';
import { unitOf } from '../../client/doctor/processes.js';
import { launchOrAttach, stopRun } from '../../runner/launcher.js';
import { makeRunFolder, runFiles, writeWhole } from '../../runner/run-folder.js';
import { identify } from '../../runner/processes.js';
import { openStore } from '../../store/store.js';
import { readSettings } from '../../workers/settings.js';
import { runCli } from '../support/cli.js';
import { claim, eventually, launchOf, owner, pidsOf, temporaryFolder } from '../support/runs.js';

async function examine(name: string, home: string, env: NodeJS.ProcessEnv = {}): Promise<readonly Finding[]> {
  const set = { PATH: process.env['PATH'], STAGEWRIGHT_HOME: home, STAGEWRIGHT_HOST: 'host-a', ...env };
  const check = CHECKS.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check.run({ settings: readSettings(set), env: set, fix: false, client: null, unreachable: null });
}
const verdicts = (found: readonly Finding[]): string[] => found.map(({ verdict }) => verdict);
const words = (found: readonly Finding[]): string => found.map(({ text, todo }) => `${text} ${todo ?? ''}`).join('\n');

/** A tool of that name, first on PATH. */
function withTool(folder: string, name: string, script: string): NodeJS.ProcessEnv {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
}

describe('the store', () => {
  it('is tried with a real create, and nothing of that stays', async () => {
    const home = await temporaryFolder();
    expect(words(await examine('store', home))).toMatch(/there is no store .* the first worker begins one/);
    // Looking begins none.
    expect(readdirSync(home)).toEqual([]);
    const { root } = await openStore(join(home, 'store'));
    const found = await examine('store', home);
    expect([verdicts(found), words(found)]).toEqual([['pass'], expect.stringContaining('exclusive creates')]);
    expect(readdirSync(root)).toEqual(['store.json']);
  });

  it('that may not be written, or is on a full disk, fails with what the file system said', async (test) => {
    const home = await temporaryFolder();
    const store = join(home, 'store');
    mkdirSync(store);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', store]);
    if (mounted.status !== 0) return test.skip('a tmpfs cannot be mounted here');
    try {
      await openStore(store);
      spawnSync('dd', ['if=/dev/zero', `of=${join(store, 'filler')}`, 'bs=4k'], { stdio: 'ignore' });
      const env = { STAGEWRIGHT_HOME: home, STAGEWRIGHT_HOST: 'host-a', TEMPORAL_ADDRESS: '127.0.0.1:9' };
      const full = await runCli(['doctor'], { env });
      expect(full.code).toBe(1);
      expect(full.stdout).toMatch(/FAIL +store +DiskFull: no space left/);
      expect(full.stdout).toMatch(/FAIL +disk +0 B are free for the store/);
      rmSync(join(store, 'filler'));
      spawnSync('mount', ['-o', 'remount,ro', store]);
      const readOnly = await runCli(['doctor', '--json'], { env });
      expect(JSON.parse(readOnly.stdout)).toContainEqual(
        expect.objectContaining({
          check: 'store',
          verdict: 'fail',
          text: expect.stringMatching(/NoPermission: may not write .*EROFS/) as string,
        }),
      );
    } finally {
      spawnSync('umount', ['-l', store]);
    }
  });

  it('that does not know what was trained here looks like a missing mount', async () => {
    const home = await temporaryFolder();
    const before = await openStore(join(home, 'store'));
    const launch = await launchOf(before, await claim(before), join(home, 'hosts', 'host-a'));
    makeRunFolder(launch.run_folder);
    writeWhole(runFiles.launch(launch.run_folder), launch);
    expect(verdicts(await examine('store history', home))).toEqual(['pass']);
    rmSync(join(home, 'store'), { recursive: true });
    await openStore(join(home, 'store'));
    const found = await examine('store history', home);
    expect([verdicts(found), words(found)]).toEqual([['fail'], expect.stringMatching(/looks new.*mounted/)]);
  });
});

describe('devices', () => {
  const TWO = 'echo "0, GPU-aaaa, NVIDIA H100"; echo "1, GPU-bbbb, NVIDIA H100"';

  it('are compared with what the driver lists', async () => {
    const home = await temporaryFolder();
    const tool = withTool(home, 'nvidia-smi', TWO);
    const see = async (devices: string): Promise<[string | undefined, string]> => {
      const found = await examine('devices', home, { ...tool, STAGEWRIGHT_DEVICES: devices });
      return [found[0]?.verdict, words(found)];
    };
    expect(await see('0,1')).toEqual(['pass', expect.stringContaining('2 of 2 GPUs may be leased: 0, 1')]);
    expect(await see('GPU-bbbb')).toEqual(['pass', expect.stringContaining('GPUs 0 (NVIDIA H100) are not in')]);
    expect(await see('0,2')).toEqual(['fail', expect.stringContaining('names 2; this host has 0 (NVIDIA H100), 1')]);
    expect(await see('0,GPU-aaaa')).toEqual(['fail', expect.stringContaining('names a device twice')]);
  });

  it('that are named where no driver answers fail; none at all is fine', async () => {
    const home = await temporaryFolder();
    const broken = withTool(home, 'nvidia-smi', 'exit 9');
    expect(words(await examine('devices', home, { ...broken, STAGEWRIGHT_DEVICES: '0' }))).toContain(
      'nvidia-smi fails (9)',
    );
    const none = { PATH: join(home, 'empty') };
    expect(words(await examine('devices', home, { ...none, STAGEWRIGHT_DEVICES: '0' }))).toContain(
      'there is no nvidia-smi',
    );
    expect(verdicts(await examine('devices', home, none))).toEqual(['pass']);
    expect(verdicts(await examine('devices', home, { ...none, STAGEWRIGHT_CPU_SLOTS: '0' }))).toContain('warn');
  });
});

describe('left-overs', () => {
  it('names a run that trains without a lease, with its pids', async () => {
    const home = await temporaryFolder();
    const store = await openStore(join(home, 'store'));
    const launch = await launchOf(store, await claim(store), join(home, 'hosts', 'host-a'), {
      stepMs: 200,
      steps: 500,
    });
    await launchOrAttach(launch);
    await eventually('its trainer runs', () => pidsOf(launch.marker).length === 2);
    const found = await examine('runs', home);
    expect([verdicts(found), words(found)]).toEqual([
      ['fail'],
      expect.stringMatching(/pids \d+, \d+\) trains without a lease/),
    ]);
    await stopRun({ runFolder: launch.run_folder, marker: launch.marker, graceMs: 2_000 });
    expect(await examine('runs', home)).toEqual([]);
  });

  it('tells a lease whose runner is dead from one whose runner lives, and a damaged table from both', async () => {
    const home = await temporaryFolder();
    const host = join(home, 'hosts', 'host-a');
    mkdirSync(host, { recursive: true });
    const marker = 'a-marker-of-this-test';
    const alive = spawn('sleep', ['60'], { env: { ...process.env, STAGEWRIGHT_RUN: marker }, stdio: 'ignore' });
    const write = (runner: object | null): void =>
      writeFileSync(
        join(host, 'leases.json'),
        JSON.stringify({
          schema: 'stagewright/leases@1',
          leases: [
            {
              key: 'a'.repeat(64),
              owner: owner(),
              marker,
              holds: ['device/0'],
              granted_at: '2026-01-01T00:00:00.000Z',
              runner,
            },
          ],
        }),
      );
    try {
      write(identify(alive.pid ?? 0));
      expect(words(await examine('leases', home))).toMatch(
        /device\/0 by stage aaaaaaaaaaaa; its runner \(pid \d+\) lives/,
      );
    } finally {
      alive.kill('SIGKILL');
      await new Promise((resolve) => alive.once('exit', resolve));
    }
    const dead = await examine('leases', home);
    expect([verdicts(dead), words(dead)]).toEqual([['warn'], expect.stringContaining('nothing of its run lives')]);
    writeFileSync(join(host, 'leases.json'), '{');
    const env = { STAGEWRIGHT_HOME: home, STAGEWRIGHT_HOST: 'host-a', TEMPORAL_ADDRESS: '127.0.0.1:9' };
    expect((await runCli(['doctor'], { env })).stdout).toMatch(/FAIL +leases +Internal: .*leases\.json is damaged/);
  });
});

describe('a worker’s end', () => {
  it('is judged by the unit that it is in', () => {
    expect(unitOf('0::/system.slice/stagewright.service\n')).toBe('stagewright.service');
    expect(unitOf('0::/user.slice/user-1000.slice/user@1000.service/app.slice/train.service\n')).toBe('train.service');
    expect(unitOf('0::/user.slice/user-1000.slice/user@1000.service/session.slice/x.scope\n')).toBeNull();
    expect(unitOf('9:name=systemd:/\n4:memory:/docker/ab\n0::/\n')).toBeNull();
  });

  it('is no risk where it makes trainers save first', async () => {
    const found = await examine('survival', await temporaryFolder(), { STAGEWRIGHT_SHUTDOWN: 'stop' });
    expect([verdicts(found), words(found)]).toEqual([['pass'], expect.stringContaining('save a checkpoint and stop')]);
  });

  it('is warned of in a Slurm job', async () => {
    expect(words(await examine('survival', await temporaryFolder(), { SLURM_JOB_ID: '7' }))).toContain(
      'this is a Slurm job',
    );
  });
});

it('no secret of the environment is printed, and a server that is away fails once', async () => {
  const secret = 'sk-abcdefghijklmnopqrstuvwx';
  const { code, stdout, stderr } = await runCli(['doctor'], {
    env: {
      STAGEWRIGHT_HOME: await temporaryFolder(),
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      TEMPORAL_API_KEY: secret,
      HF_TOKEN: secret,
    },
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL +server +/);
  expect(stdout).not.toMatch(/queues/);
  expect(stdout + stderr).not.toContain(secret);
});
