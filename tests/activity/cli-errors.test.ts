/** Bad input and faults at the command: a clear error, the right exit code, and nothing on standard output. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findFreePort } from '../../cli/temporal-server.js';
import { runCli, TINY, temporaryFolder, type Ended } from '../support/cli.js';

const folder = temporaryFolder();
beforeAll(() => chmodSync(folder.path, 0o755));
afterAll(() => folder.remove());

function expectError({ code, stdout, stderr }: Ended, wanted: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  // A clear message, not a stack.
  expect(stderr).not.toMatch(/^\s+at /mu);
  expect(stdout).toBe('');
  expect(code).toBe(wanted);
}

it('an unknown command or option is wrong usage', async () => {
  expectError(await runCli(['rnu']), 2, /unknown command 'rnu'.*\n.*run/u);
  expectError(await runCli(['run', TINY, '--dettach']), 2, /unknown option '--dettach'/u);
});

it('an unknown key of a recipe is named with file and line', async () => {
  const file = join(folder.path, 'bad.yaml');
  writeFileSync(file, 'name: a\nmodle: tiny\n');
  expectError(await runCli(['run', file]), 2, /bad\.yaml:2:1: modle: unknown key; did you mean "model"\?/u);
});

it('a model that is not installed is named with those that are', async () => {
  const file = join(folder.path, 'model.yaml');
  writeFileSync(
    file,
    [
      'name: a',
      'model: huge',
      'data: { d: { generator: digits, split: base, count: 8, mix: { at: 1 } } }',
      'stages: [{ name: s, capability: x, objective: sft, data: d, training: { steps: 1, learning_rate: 0.1 } }]',
      '',
    ].join('\n'),
  );
  expectError(await runCli(['run', file]), 2, /unknown model "huge"; known: demo, tiny/u);
});

it('a wrong seed is wrong usage', async () => {
  expectError(
    await runCli(['run', TINY, '--set-seed', 'one']),
    2,
    /--set-seed must be a whole number from 0, not "one"/u,
  );
});

it('a server that is down is named with what to do', async () => {
  const address = `127.0.0.1:${await findFreePort()}`;
  const ended = await runCli(['run', TINY], { env: { TEMPORAL_ADDRESS: address } });
  expectError(
    ended,
    1,
    new RegExp(`no Temporal server answers at ${address}: nothing listens there\\. Start a server`, 'u'),
  );
});

it('a wrong setting is named', async () => {
  expectError(await runCli(['worker'], { env: { STAGEWRIGHT_CPU_SLOTS: 'two' } }), 2, /STAGEWRIGHT_CPU_SLOTS/u);
  expectError(await runCli(['worker', '--role', 'gpus']), 2, /no role "gpus"; did you mean "gpu"\?/u);
});

it('a port in use is named with what to do', async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  try {
    const ended = await runCli(['up', '--port', String(port)], { env: { STAGEWRIGHT_HOME: join(folder.path, 'up') } });
    expectError(ended, 1, new RegExp(`port ${port} is in use.*--port`, 'u'));
  } finally {
    taken.close();
  }
});

it.runIf(process.getuid?.() === 0)('a home that may not be written is named with what to do', async () => {
  const home = join(folder.path, 'closed');
  mkdirSync(home, { mode: 0o555 });
  const NOBODY = 65_534;
  const ended = await runCli(['demo', '--home', home, '--recipe', TINY], { uid: NOBODY, env: { HOME: folder.path } });
  expectError(ended, 1, /cannot write to .*closed \(EACCES\).*--home/u);
});

it('a home whose place is taken by a file is named', async () => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  expectError(await runCli(['demo', '--home', join(file, 'x'), '--recipe', TINY]), 1, /cannot write to .*ENOTDIR/u);
});
