/** `report` on a real run: its figures are what the store's own files say, and its history what the server's says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { STACK_VARIABLE } from '../../cli/local-stack.js';
import { findMarked } from '../../cli/process-identity.js';
import type { ReportFigures } from '../../cli/report/write-report.js';
import { findFreePort } from '../../cli/temporal-server.js';
import { evaluationSummarySchema } from '../../core/evaluation.js';
import { wilsonInterval } from '../../core/wilson.js';
import { curriculumUpdates } from '../../workflows/messages.js';
import { runCli, startCli, temporaryFolder, TINY, type Running } from '../support/cli.js';
import { eventually } from '../support/runs.js';
import { ASK_AGAIN } from '../support/ask-again.js';

const folder = temporaryFolder();
const home = join(folder.path, 'home');
const store = join(home, 'store');
const out = join(folder.path, 'report.html');
let env: NodeJS.ProcessEnv;
let stack: Running;

async function figures(): Promise<{ figures: ReportFigures; recipe: ReportFigures['recipes'][number] }> {
  const { code, stdout, stderr } = await runCli(['report', TINY, '--json', '--out', out], { env });
  expect(stderr).toContain(out);
  expect(code).toBe(0);
  const parsed = JSON.parse(stdout) as ReportFigures;
  const [recipe] = parsed.recipes;
  if (recipe === undefined) throw new Error('no recipe');
  return { figures: parsed, recipe };
}
const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(store, ...path), 'utf8'));
/** Steps that each epoch's log has, by epoch. */
function loggedSteps(key: string): number[][] {
  const epochs = join(store, 'stages', key, 'epochs');
  return readdirSync(epochs)
    .sort((a, b) => Number(a) - Number(b))
    .map((epoch) =>
      readFileSync(join(epochs, epoch, 'metrics.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { step: number }).step),
    );
}

beforeAll(async () => {
  const port = await findFreePort();
  env = { STAGEWRIGHT_HOME: home, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  stack = startCli(['up', '--port', String(port)], { env });
  await stack.sees('Ctrl-C ends both');
  const { stdout } = await runCli(['run', TINY, '--detach'], { env });
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  const run = new Client({ connection, interceptors: { workflow: [ASK_AGAIN] } }).workflow.getHandle(stdout.trim());
  // Before its first step or after it: the pause is in the history either way, and the stage goes on in another attempt.
  await eventually('the stage takes an update', async () => {
    try {
      await run.executeUpdate(curriculumUpdates.pause, { args: [{ actor: 'ann', reason: 'lunch & <b>a nap</b>' }] });
      return true;
    } catch {
      return false;
    }
  });
  await eventually('the stage goes on', async () => {
    try {
      await run.executeUpdate(curriculumUpdates.resume, { args: [{ actor: 'bob', reason: '' }] });
      return true;
    } catch {
      return false;
    }
  });
  await run.result();
  await connection.close();
});
afterAll(async () => {
  stack.child.kill('SIGTERM');
  await stack.ended;
  for (const { pid } of findMarked(STACK_VARIABLE, home)) process.kill(pid, 'SIGKILL');
  folder.remove();
});

it('steps, attempts and weights are the store’s', async () => {
  const { recipe } = await figures();
  expect(recipe.stages.map((stage) => [stage.name, stage.state])).toEqual([
    ['base', 'done'],
    ['perception', 'done'],
  ]);
  for (const stage of recipe.stages) {
    const logged = loggedSteps(stage.key);
    expect(stage.attempts).toHaveLength(logged.length);
    expect(stage.counted_steps).toBe(stage.planned_steps);
    expect(stage.counted_steps + stage.overtaken_steps).toBe(logged.flat().length);
    const last = stage.attempts.at(-1);
    expect(json('stages', stage.key, 'epochs', String(last?.epoch), 'result.json')).toMatchObject({
      step: stage.counted_steps,
      export: { files: stage.weights },
    });
  }
});

it('accuracies are the evaluations’, with Wilson intervals', async () => {
  const { recipe, figures: all } = await figures();
  const summaries = readdirSync(join(store, 'evaluations')).map((key) =>
    evaluationSummarySchema.parse(json('evaluations', key, 'summary.json')),
  );
  expect(summaries).toHaveLength(2);
  const [table] = recipe.accuracy;
  recipe.stages.forEach((stage, column) => {
    const summary = summaries.find((s) => s.weights === stage.key);
    for (const [capability, { n, correct }] of Object.entries(summary?.by_capability ?? {})) {
      const row = table?.rows.find((r) => r.level === 0 && r.label === capability);
      const [low, high] = wilsonInterval(correct, n);
      expect(row?.cells[column]).toEqual({ n, correct, share: correct / n, low, high });
    }
    expect(table?.lengths[0]?.n).toBe(summary?.n);
  });
  expect(all.schema).toBe('stagewright/report@1');
});

it('who paused and resumed, and why, is in the history and on the page', async () => {
  const { recipe } = await figures();
  expect(recipe.history.missing).toBeNull();
  expect(recipe.history.events.map((event) => event.text)).toEqual(
    expect.arrayContaining(['paused by ann: lunch & <b>a nap</b>', 'resumed by bob']),
  );
  const page = readFileSync(out, 'utf8');
  expect(page).toContain('lunch &amp; &lt;b&gt;a nap&lt;/b&gt;');
  expect(page).toContain('data:image/png;base64,');
});

it('without a server the store’s part is the same, and the other is said to be missing', async () => {
  const { recipe: before } = await figures();
  env = { ...env, TEMPORAL_ADDRESS: `127.0.0.1:${await findFreePort()}` };
  const { recipe: after } = await figures();
  expect(after.stages).toEqual(before.stages);
  expect(after.accuracy).toEqual(before.accuracy);
  expect(after.history.missing).toContain('no Temporal server answers');
  expect(readFileSync(out, 'utf8')).toContain('This part is missing');
});
