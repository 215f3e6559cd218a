/** `up`, `run` and their like against a server and worker of their own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STACK_VARIABLE } from '../../cli/local-stack.js';
import { findMarked } from '../../cli/process-identity.js';
import { readRegistry } from '../../cli/process-registry.js';
import { findFreePort } from '../../cli/temporal-server.js';
import { runCli, startCli, temporaryFolder, TINY, type Ended, type Running } from '../support/cli.js';

const folder = temporaryFolder();
const home = join(folder.path, 'home');
let env: NodeJS.ProcessEnv;
let port: number;
const cli = (...args: string[]): Promise<Ended> => runCli(args, { env });
const alive = (): number[] => findMarked(STACK_VARIABLE, home).map((p) => p.pid);

async function up(slots: number): Promise<Running> {
  const running = startCli(['up', '--port', String(port)], { env: { ...env, STAGEWRIGHT_CPU_SLOTS: String(slots) } });
  await running.sees('Ctrl-C ends both');
  return running;
}

async function down(running: Running): Promise<void> {
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
  expect(alive()).toEqual([]);
}

beforeAll(async () => {
  port = await findFreePort();
  env = { STAGEWRIGHT_HOME: home, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
});
afterAll(() => {
  for (const pid of alive()) process.kill(pid, 'SIGKILL');
  folder.remove();
});

describe.sequential('a worker without a free slot: the curriculum stays at work', () => {
  let stack: Running;
  beforeAll(async () => {
    stack = await up(0);
  });
  afterAll(() => down(stack));

  it('run --detach prints the id; the same plan again attaches', async () => {
    const first = await cli('run', TINY, '--detach');
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^stagewright\/curriculum\/tiny\/[0-9a-f]{16}\n$/u) as string,
    });
    const second = await cli('run', TINY, '--detach');
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toContain('attached to');
  });

  it('Ctrl-C of the watcher leaves the curriculum alone', async () => {
    const watching = startCli(['run', TINY], { env });
    await watching.sees('base: running');
    watching.child.kill('SIGINT');
    expect((await watching.ended).code).toBe(130);
    const { stdout } = await cli('status', 'tiny');
    expect(stdout).toMatch(/^tiny: running/u);
    expect(stdout).toMatch(/perception\s+[0-9a-f]{12}\s+queued/u);
  });

  it('list has it, status without a name is the one that is open, and --json is JSON', async () => {
    expect((await cli('list')).stdout).toMatch(/^tiny\s+running .*curriculum\/tiny\/[0-9a-f]{16}$/mu);
    expect((await cli('status')).stdout).toMatch(/^tiny: running {3}\(stagewright\/curriculum\/tiny\//u);
    expect(JSON.parse((await cli('status', TINY, '--json')).stdout)).toMatchObject({
      recipe: 'tiny',
      state: 'running',
    });
  });

  it('an update that the state does not allow is refused, with what is allowed', async () => {
    const { code, stdout, stderr } = await cli('retry', 'tiny');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /stagewright: retry is refused: the stage is queued, and .* Allowed now: pause, skip, amend, stop\./u,
    );
  });

  it('a changed recipe is refused with the choices; --replace cancels the old plan', async () => {
    const refused = await cli('run', TINY, '--set-seed', '9', '--detach');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/another plan of recipe tiny still runs.*--replace/u);
    const replaced = await cli('run', TINY, '--set-seed', '9', '--detach', '--replace');
    expect(replaced.code).toBe(0);
    const { stdout } = await cli('list');
    expect(stdout.match(/ running/gu)).toHaveLength(1);
    expect(stdout).toMatch(/ cancelled/u);
  });

  it('cancel returns when it has ended', async () => {
    expect((await cli('cancel', 'tiny')).stdout).toMatch(/cancelled\n$/u);
    expect((await cli('list')).stdout).not.toMatch(/ running/u);
    expect((await cli('cancel', 'tiny')).code).toBe(1);
  });
});

describe.sequential('a worker with a slot', () => {
  it('two runs of one recipe at once train it once, and survive a SIGKILL of the server', async () => {
    const stack = await up(1);
    const both = [startCli(['run', TINY], { env }), startCli(['run', TINY], { env })];
    await both[0]?.sees('base: running');
    const server = readRegistry(home).find((p) => p.role === 'server');
    process.kill(server?.pid ?? NaN, 'SIGKILL');
    for (const running of both) {
      const { code, stdout } = await running.ended;
      expect(stdout).toMatch(/^stagewright\/curriculum\/tiny\/[0-9a-f]{16} done\n$/u);
      expect(code).toBe(0);
    }
    const logs = await cli('logs', TINY, '--stage', 'base');
    expect(logs.code).toBe(0);
    // One epoch a stage: nobody trained it a second time.
    const { stdout } = await promisify(execFile)('find', [join(home, 'store', 'stages'), '-name', 'claim.json']);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    await down(stack);
    expect((await stack.ended).stderr).toContain('has died; starting it again');
  });

  it('report needs no server', async () => {
    const out = join(folder.path, 'r.html');
    const { code, stdout } = await cli('report', TINY, '--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/visual_reasoning\s+19/u);
  });
});

describe.sequential('in the background', () => {
  it('up --detach returns when it is at work, a second one is refused', async () => {
    const first = await cli('up', '--port', String(port), '--detach');
    expect(first).toMatchObject({ code: 0, stdout: `127.0.0.1:${port}\n` });
    expect(first.stderr).toContain('stagewright down');
    const second = await cli('up', '--port', String(port), '--detach');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/it is up already in .*; end it with: stagewright down/u);
  });

  it('registers search attributes: nothing is switched off', async () => {
    const { code, stderr } = await cli('run', TINY, '--set-seed', '21', '--detach');
    expect(code).toBe(0);
    expect(stderr).not.toContain('search attributes');
  });

  it('a server that is gone in mid-watch is waited for, and that is said', async () => {
    const server = readRegistry(home).find((p) => p.role === 'server')?.pid ?? NaN;
    const watching = startCli(['watch', 'tiny'], { env });
    await watching.sees(/base: /u);
    process.kill(server, 'SIGSTOP');
    try {
      await watching.sees(/the Temporal server does not answer for \d+ s; still trying/u);
    } finally {
      process.kill(server, 'SIGCONT');
    }
    const { code, stdout } = await watching.ended;
    expect(stdout).toMatch(/ done\n$/u);
    expect(code).toBe(0);
  });

  it('down ends all of it, and says so when there is nothing', async () => {
    expect(await cli('down')).toMatchObject({ code: 0, stdout: `${home}: all ended\n` });
    expect(alive()).toEqual([]);
    const again = await cli('down');
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toMatch(/nothing runs in /u);
  });

  it('down ends what an owner that was killed has left', async () => {
    const owner = await up(0);
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect(alive()).toHaveLength(2);
    expect((await cli('down')).stdout).toMatch(/all ended/u);
    expect(alive()).toEqual([]);
  });
});
