/** `init` and `logs` as processes, without any server. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planFile } from '../../client/plan-file.js';
import { readVariantNames } from '../../client/recipe-file.js';
import { runCli, startCli, temporaryFolder, TINY } from '../support/cli.js';
import { TOKENS } from '../support/tokens.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('init', () => {
  const file = join(folder.path, 'My First.yaml');

  it('writes a recipe that plans, all its variants too', async () => {
    const { code, stdout } = await runCli(['init', file]);
    expect([code, stdout]).toEqual([0, `${file}\n`]);
    const { plan } = await planFile(file);
    expect(plan.recipe).toBe('my-first');
    expect(plan.stages.map(({ name }) => name)).toEqual(['base', 'perception', 'visual_reasoning']);
    for (const variant of await readVariantNames(file))
      expect((await planFile(file, { variant })).plan.stages[0]?.key).toBe(plan.stages[0]?.key);
  });

  it('tells editors of a schema that is there', () => {
    const schema = /^# yaml-language-server: \$schema=(.*)$/mu.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    expect(JSON.parse(readFileSync(join(folder.path, schema), 'utf8'))).toHaveProperty('$schema');
  });

  it('never writes over a file that is there', async () => {
    writeFileSync(file, 'mine');
    const { code, stdout, stderr } = await runCli(['init', file]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/is there already and stays as it is/u);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('a name that no recipe can have, and a folder that is not there', async () => {
    const other = join(folder.path, 'other.yaml');
    expect(await runCli(['init', other, '--name', 'Über'])).toMatchObject({ code: 2 });
    const { code, stderr } = await runCli(['init', join(folder.path, 'no', 'r.yaml')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot write .*: its folder does not exist/u);
  });
});

describe('logs', () => {
  const store = join(folder.path, 'store');
  // No server listens there: a recipe's file needs none.
  const env = { STAGEWRIGHT_STORE: store, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const logFile = async (epoch: number): Promise<string> => {
    const key = (await planFile(TINY)).plan.stages[0]?.key ?? '';
    const at = join(store, 'stages', key, 'epochs', String(epoch));
    mkdirSync(at, { recursive: true });
    return join(at, 'trainer.log');
  };

  it('all epochs in order, by name or by the key’s first letters, with every token redacted', async () => {
    writeFileSync(await logFile(1), `step 1\n${TOKENS.map(({ text }) => text).join('\n')}\nno newline`);
    writeFileSync(await logFile(2), 'step 2 é\n');
    const { code, stdout } = await runCli(['logs', TINY, '--stage', 'base'], { env });
    expect(code).toBe(0);
    for (const { secret } of TOKENS) expect(stdout).not.toContain(secret);
    expect(stdout.match(/\[redacted\]/gu)?.length).toBeGreaterThanOrEqual(TOKENS.length);
    expect(stdout).toMatch(/^step 1\n[^]*no newline\nstep 2 é\n$/u);
    const key = (await planFile(TINY)).plan.stages[0]?.key ?? '';
    expect((await runCli(['logs', '--stage', key.slice(0, 10)], { env })).stdout).toBe(stdout);
  });

  it('follows what is added, a token that comes in two pieces too', async () => {
    const file = await logFile(2);
    const following = startCli(['logs', TINY, '--stage', 'base', '-f'], { env });
    let stdout = '';
    following.child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const sees = async (text: string): Promise<void> => {
      while (!stdout.includes(text)) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await sees('step 2');
    appendFileSync(file, 'HF_TOKEN=hf_abcdefghij');
    await new Promise((resolve) => setTimeout(resolve, 700));
    appendFileSync(file, 'klmnopqrstuvwxyz\nstep 3\n');
    await sees('step 3');
    following.child.kill('SIGINT');
    expect((await following.ended).code).toBe(0);
    expect(stdout).toMatch(/HF_TOKEN=\[redacted\]\nstep 3\n$/u);
  });

  it('an unknown stage, and one that has no log yet', async () => {
    const unknown = await runCli(['logs', TINY, '--stage', 'bas'], { env });
    expect(unknown.stderr).toMatch(/no stage "bas"; did you mean "base"\?/u);
    expect(unknown.code).toBe(2);
    const none = await runCli(['logs', TINY, '--stage', 'perception'], { env });
    expect(none.stderr).toMatch(/no log of perception in .*no trainer was started yet/u);
    expect(none.code).toBe(1);
  });
});
