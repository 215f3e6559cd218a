/**
 * Show 1 of the plugin set: a project outside the repository, with the package as npm packs it, has a Worker and a workflow of its own.
 * It trains for real, is killed in the middle of a stage with all that belongs to it, and goes on. docs/own-worker.md shows its files.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findMarked, signalProcess } from '../../cli/process-identity.js';
import { ROOT } from '../../cli/root.js';
import { planFile } from '../../client/plan-file.js';
import type { PlannedStage } from '../../core/plan.js';
import { openStore, type Store } from '../../store/store.js';
import { gateUpdates } from '../../workflows/messages.js';
import { found, range, until } from '../support/cluster.js';
import { installProject, pack } from '../support/package.js';

const exec = promisify(execFile);
/** In the environment of the project's Worker and of every process that comes of it. */
const MARK = 'STAGEWRIGHT_TEST_OWN_WORKER';

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; output: string }>;
  output(): string;
}

let folder = '';
let project = '';
let client: Client;
let store: Store;
let see: PlannedStage;
let think: PlannedStage;
let look = '';
const programs: Program[] = [];

function start(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: project,
    env: { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
  const program = { child, ended, output: () => output };
  programs.push(program);
  return program;
}
const worker = (): Program => start('dist/worker.js', [], { [MARK]: project });
const train = (...args: string[]): Program => start('dist/train.js', args);

/** Worker, runners and trainers; what was starting while we looked is found by the next look. */
async function killAll(): Promise<number> {
  let killed = 0;
  for (let left = findMarked(MARK, project); left.length > 0; left = findMarked(MARK, project)) {
    for (const one of left) if (signalProcess(one, 'SIGKILL')) killed += 1;
    await sleep(20);
  }
  return killed;
}

const epochs = (stage: PlannedStage): string => join(project, 'runs', 'store', 'stages', stage.key, 'epochs');
const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
function manifests(stage: PlannedStage, epoch: number): number[] {
  const names = list(join(epochs(stage), String(epoch), 'manifests'));
  return names.flatMap((name) => (/^\d+\.json$/u.test(name) ? [Number.parseInt(name, 10)] : [])).sort((a, b) => a - b);
}
function steps(stage: PlannedStage, epoch: number): number[] {
  const file = join(epochs(stage), String(epoch), 'metrics.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => (JSON.parse(line) as { step: number }).step);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-own-worker-'));
  project = join(folder, 'sight-before-thought');
  const { file } = await pack(folder);
  await installProject(join(ROOT, 'tests', 'own-worker-project'), file, project);
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
  const { plan } = await planFile(join(project, 'recipe.yaml'));
  [see, think] = plan.stages as [PlannedStage, PlannedStage];
  look = plan.evaluations.find(({ stage }) => stage === 'see')?.key ?? '';
});
afterAll(async () => {
  for (const { child } of programs) child.kill('SIGKILL');
  await killAll();
  await client.connection.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('A project of one’s own, with the packed package', () => {
  it('lies outside the repository and has no way back into it', () => {
    expect(project.startsWith(ROOT)).toBe(false);
    expect(existsSync(join(project, 'node_modules', 'stagewright', 'dist', 'index.js'))).toBe(true);
    expect(existsSync(join(project, 'node_modules', 'stagewright', 'workers'))).toBe(false);
  });

  it('compiles against the package’s types, which are no `any`', async () => {
    const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc');
    writeFileSync(
      join(project, 'src', 'wrong.ts'),
      [
        "import { compose, defineSettings, StorePlugin } from 'stagewright';",
        "import { FAILURES } from 'stagewright/core';",
        "import { runStage } from 'stagewright/workflow';",
        '// @ts-expect-error a stage is no name',
        "export const outcome = runStage('see', { queuePrefix: 'x' });",
        '// @ts-expect-error no such setting',
        "export const settings = defineSettings({ hostFoldr: 'x' });",
        '// @ts-expect-error a store is needed',
        'export const plugin = new StorePlugin({});',
        '// @ts-expect-error no plugin',
        'export const composed = compose([42]);',
        '// @ts-expect-error no such failure',
        'export const failure = FAILURES.NoSuchThing;',
      ].join('\n'),
    );
    await exec(process.execPath, [tsc], { cwd: project });
    expect(existsSync(join(project, 'dist', 'workflows.js'))).toBe(true);
  });

  it('trains two stages with a gate between them, and is killed in the middle of the first', async () => {
    const first = worker();
    const training = train('0.05', 'first');
    await until(() => {
      if (first.child.exitCode !== null) throw new Error(`the Worker ended:\n${first.output()}`);
      return manifests(see, 1).length > 0 && (steps(see, 1).at(-1) ?? 0) > (manifests(see, 1).at(-1) ?? 0) + 10;
    });
    // Worker, runner and trainer: nothing of it is left to attach to.
    expect(await killAll()).toBeGreaterThanOrEqual(3);
    const [saved = 0] = manifests(see, 1).slice(-1);
    const reached = steps(see, 1).at(-1) ?? 0;
    expect(saved).toBeLessThan(see.objective.training.steps);
    expect(reached).toBeGreaterThan(saved);
    expect(training.child.exitCode).toBeNull();

    const second = worker();
    expect(await training.ended).toEqual({ code: 0, output: `weights ${think.key}\n` });

    const resumed = JSON.parse(readFileSync(join(epochs(see), '2', 'claim.json'), 'utf8')) as object;
    expect(resumed).toMatchObject({ resume_from: { epoch: 1, step: saved } });
    expect(steps(see, 2)).toEqual(range(saved + 1, see.objective.training.steps));
    expect(list(epochs(see)).sort()).toEqual(['1', '2']);
    expect(list(epochs(think))).toEqual(['1']);

    store = await openStore(join(project, 'runs', 'store'), { create: false });
    const [seen, thought] = [await store.readResult(see.key), await store.readResult(think.key)];
    expect(seen).toMatchObject({ key: see.key, epoch: 2, step: see.objective.training.steps });
    expect(thought).toMatchObject({ key: think.key, epoch: 1, step: think.objective.training.steps });
    for (const result of [seen, thought]) expect(result && (await store.verifyExport(result))).toEqual([]);
    // The project's own activity, beside those of the plugins.
    const told = /the gate is passed: accuracy on heldout is ([\d.]+) \(n = 48\)/u.exec(second.output());
    expect(Number(told?.[1])).toBeGreaterThanOrEqual(0.05);
    const summary = join(project, 'runs', 'store', 'evaluations', look, 'summary.json');
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({ key: look });
  });

  it.each([
    ['approve', /^weights [0-9a-f]{64}\n$/u],
    ['reject', /^rejected by lead: .*accuracy on heldout/u],
  ] as const)('holds at its gate until a person answers: %s', async (answer, expected) => {
    const training = train('0.999', answer);
    const handle = client.workflow.getHandle(`sight-before-thought/${answer}`);
    // Refused as long as the gate does not ask.
    await found(() =>
      handle
        .executeUpdate(gateUpdates[answer], { args: [{ actor: 'lead', reason: 'looked at the answers' }] })
        .then(() => true)
        .catch(() => undefined),
    );
    const { code, output } = await training.ended;
    expect(output).toMatch(expected);
    expect(code).toBe(0);
    // Both stages are in the store: nothing was trained again.
    expect(list(epochs(see)).sort()).toEqual(['1', '2']);
    expect(list(epochs(think))).toEqual(['1']);
  });

  it('detaches cleanly at SIGTERM', async () => {
    const running = programs.find(
      ({ child }) => child.spawnargs.includes('dist/worker.js') && child.exitCode === null && child.signalCode === null,
    );
    running?.child.kill('SIGTERM');
    expect((await running?.ended)?.code).toBe(0);
    expect(findMarked(MARK, project)).toEqual([]);
  });

  it('has the command and the ready Worker too, without a build', async () => {
    const cli = join('node_modules', 'stagewright', 'dist', 'cli', 'main.js');
    const env = { [MARK]: project, STAGEWRIGHT_HOME: 'runs', STAGEWRIGHT_QUEUE_PREFIX: 'ready' };
    const ready = start(cli, ['worker', '--role', 'all'], env);
    const { code, output } = await start(cli, ['run', 'recipe.yaml'], env).ended;
    expect(output).toContain('think: done already');
    expect(code).toBe(0);
    expect(ready.output()).not.toContain('no prebuilt workflow bundle');
    ready.child.kill('SIGTERM');
    expect((await ready.ended).code).toBe(0);
  });
});
