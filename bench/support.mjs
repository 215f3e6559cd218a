/**
 * What the benchmarks share: the built product, a server and worker of their own in a temporary home, and plain summaries. It
 * measures nothing itself. Ratios come from one run on one machine: absolute times of a busy machine mean little.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = resolve(import.meta.dirname, '..');
export const DIST = resolve(process.env.STAGEWRIGHT_DIST ?? join(ROOT, 'dist'));
export const CLI = join(DIST, 'cli', 'main.js');
export const load = (path) => import(pathToFileURL(join(DIST, path)).href);

/** Rounded for people. */
export const round = (value, digits = 2) => Number(value.toFixed(digits));

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which the share `p` of all lies (nearest rank). */
export function quantile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

/** `median [min, max]` */
export function spread(values, digits = 2) {
  return `${round(median(values), digits)} [${round(Math.min(...values), digits)}, ${round(Math.max(...values), digits)}]`;
}

export function machine() {
  return `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`;
}

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `work({ client, stack, settings })` with a Temporal server and a worker of all roles; both end with it. */
export async function withStack(home, env, work) {
  const { LocalStack } = await load('cli/local-stack.js');
  const { connect } = await load('client/connection.js');
  const stack = await LocalStack.start({
    home,
    env: { ...process.env, STAGEWRIGHT_HOME: home, STAGEWRIGHT_LOG_LEVEL: 'warn', ...env },
    say: (text) => process.stderr.write(`${text}\n`),
  });
  let client;
  try {
    client = await connect(stack.settings);
    return await work({ client, stack, settings: stack.settings });
  } finally {
    await client?.connection.close();
    await stack.stop();
  }
}

/** Plans a recipe given as data. */
export async function planOf(recipe) {
  const { recipeSchema } = await load('core/recipe.js');
  const { planRecipe } = await load('core/plan.js');
  const { readFacts } = await load('client/facts.js');
  const parsed = recipeSchema.parse(recipe);
  return planRecipe(parsed, await readFacts(parsed, join(ROOT, 'bench.yaml')));
}

/** Starts a plan's curriculum. @returns its handle */
export async function startPlan(client, plan, settings) {
  const { startCurriculum } = await load('client/start-curriculum.js');
  const { workflowId } = await startCurriculum(client, plan, settings, { replace: false, say: () => undefined });
  return client.workflow.getHandle(workflowId);
}
