/** The demo on a small recipe: killed and started again it goes on, interrupted it leaves no process, finished it says so. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findMarked } from '../../cli/process-identity.js';
import { readRegistry } from '../../cli/process-registry.js';
import { STACK_VARIABLE } from '../../cli/local-stack.js';
import { runCli, startCli, temporaryFolder, TINY, type Running } from '../support/cli.js';

const folder = temporaryFolder();
const home = join(folder.path, 'home');
const demo = (...more: string[]): Running => startCli(['demo', '--home', home, '--recipe', TINY, ...more]);
/** Everything that the demo ever started and that lives: server, worker, runner, trainer. */
const alive = (): number[] => findMarked(STACK_VARIABLE, home).map((p) => p.pid);

afterAll(() => {
  for (const pid of alive()) process.kill(pid, 'SIGKILL');
  folder.remove();
});

describe.sequential('npm run demo', () => {
  it('interrupted: ends with 130, and no process is left', async () => {
    const running = demo();
    await running.sees('base: running');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(stderr).toContain('stopping');
    expect(code).toBe(130);
    expect(alive()).toEqual([]);
    expect(readRegistry(home)).toEqual([]);
  });

  it('killed with SIGKILL: what it started is recorded and found by the next start', async () => {
    const running = demo();
    await running.sees(/base: (?:running|done|\d+\/)/u);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(
      readRegistry(home)
        .map((p) => p.role)
        .sort(),
    ).toEqual(['server', 'worker']);
    expect(alive().length).toBeGreaterThanOrEqual(2);
  });

  it('a second one beside a living one is refused', async () => {
    const running = demo();
    await running.sees('going on with the Temporal server that was left running');
    // A home is relative to where the command is typed.
    const second = await runCli(['demo', '--home', 'home', '--recipe', TINY], { cwd: folder.path });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/another one is at work in .*\/home \(process \d+\)/u);

    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/visual_reasoning\s+\d+\s+\d/u);
    expect(alive()).toEqual([]);
  });

  it('a stage was trained once: each step is in the logs that its result descends from', () => {
    const stages = join(home, 'store', 'stages');
    for (const key of readdirSync(stages)) {
      const epochs = join(stages, key, 'epochs');
      const results = readdirSync(epochs).filter((epoch) => existsSync(join(epochs, epoch, 'result.json')));
      expect(results).toHaveLength(1);
    }
  });

  it('finished and started again: everything is done already', async () => {
    const { code, stderr, stdout } = await demo().ended;
    expect(stderr).toContain('every stage was done already');
    expect(stdout).toContain('% right');
    expect(code).toBe(0);
    expect(alive()).toEqual([]);
  });

  it('the report is one file that loads nothing from elsewhere', () => {
    const page = readFileSync(join(home, 'report.html'), 'utf8');
    expect(page).toContain('data:image/png;base64,');
    expect(page.match(/(?:src|href)="(?!data:)[^"#]/gu)).toBeNull();
    expect(page).toContain('<svg');
  });

  it('a changed recipe starts its own plan and reuses equal stages', async () => {
    const { code, stderr } = await demo('--seed', '6').ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain('every stage was done already');
  });
});
