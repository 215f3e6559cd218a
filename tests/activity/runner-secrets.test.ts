/** A trainer that prints tokens, run for real: neither its log in the store nor what enters history has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/activity';
import { toFailure } from '../../activities/support/failures.js';
import { StagewrightError } from '../../core/failures.js';
import { launchOrAttach, watchRun } from '../../runner/launcher.js';
import { startChild } from '../../runner/child.js';
import { runFiles } from '../../runner/run-folder.js';
import { layout } from '../../store/layout.js';
import { claim, KEY, launchOf, temporaryFolder, temporaryStore } from '../support/runs.js';
import { TOKENS } from '../support/tokens.js';

const all = TOKENS.map(({ text }) => text).join('\n');
const secretsIn = (text: string): string[] =>
  TOKENS.filter(({ secret }) => text.includes(secret)).map(({ form }) => form);

describe('tokens that a trainer prints', () => {
  it('are in no log, state file or outcome', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), {
      script: { fail: { code: 9, text: `before\n${all}\nout of memory\n` } },
    });
    await launchOrAttach(launch);
    const outcome = await watchRun(launch);
    expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('[redacted]') as string });
    expect(outcome).toHaveProperty('message', expect.stringContaining('out of memory'));
    const log = readFileSync(store.objects.path(layout.trainerLog(KEY, 1)), 'utf8');
    expect(log).toMatch(/before\n[^]*\[redacted\][^]*out of memory\n/u);
    const seen = [
      JSON.stringify(outcome),
      log,
      ...[runFiles.log, runFiles.state].map((file) => readFileSync(file(launch.run_folder), 'utf8')),
    ];
    expect(seen.map(secretsIn)).toEqual([[], [], [], []]);
  });

  it('are not in the message that it names itself', async () => {
    const store = await temporaryStore();
    const text = `${JSON.stringify({ type: 'DiskFull', message: `upload with ${all} failed`, details: {} })}\n`;
    const launch = await launchOf(store, await claim(store), await temporaryFolder(), {
      script: { fail: { code: 3, text } },
    });
    await launchOrAttach(launch);
    const outcome = await watchRun(launch);
    expect(outcome).toMatchObject({
      kind: 'failed',
      type: 'DiskFull',
      message: expect.stringMatching(/upload with [^]*failed/u) as string,
    });
    expect(secretsIn(JSON.stringify(outcome))).toEqual([]);
  });

  it('are not let through where a line comes in pieces, and a line without an end is not held for ever', async () => {
    const store = await temporaryStore();
    const launch = await launchOf(store, await claim(store), await temporaryFolder());
    const file = join(await temporaryFolder(), 'trainer.log');
    const program = `const say = (text) => process.stdout.write(text);
      say('hf_abcdefgh'); setTimeout(() => say('ijklmnopqrstuvwxyz\\nstep 1'), 100); setTimeout(() => {}, 60000);`;
    const child = startChild(launch, { argv: [process.execPath, '-e', program], cwd: '/', env: {} }, file);
    try {
      await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 60_000 }).toBe('[redacted]\nstep 1');
      expect(child.log()).toBe('[redacted]\nstep 1');
    } finally {
      await child.destroy();
    }
  });
});

describe('an activity’s failure', () => {
  it.each([
    ['ours', new StagewrightError('TrainerExited', all, { log: all, list: [all] }, { cause: new Error(all) })],
    ['foreign', new Error(all, { cause: new TypeError('inner', { cause: new Error(all) }) })],
  ])('%s has none in message, details, causes and stacks', (_whose, error) => {
    const failure = toFailure(error, 1);
    if (!(failure instanceof ApplicationFailure)) throw new Error('is no failure');
    const parts: string[] = [JSON.stringify(failure.details), failure.message];
    for (let cause = failure.cause; cause !== undefined; cause = cause.cause as Error | undefined)
      parts.push(cause.message, cause.stack ?? '');
    expect(parts.length).toBeGreaterThanOrEqual(6);
    expect(parts.flatMap(secretsIn)).toEqual([]);
    expect(parts.join('')).toContain('[redacted]');
  });
});
