/**
 * Recipes of configs/recipes for many seeds, run through the product in one home folder. What is trained there already is reused, so
 * that a run can be interrupted and started again. Reads no results.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStack } from '../cli/local-stack.js';
import { ROOT } from '../cli/root.js';
import { connect } from '../client/connection.js';
import { readFacts } from '../client/facts.js';
import { readRecipe } from '../client/recipe-file.js';
import { startCurriculum } from '../client/start-curriculum.js';
import { watchCurriculum } from '../client/watch.js';
import { planRecipe, type Plan } from '../core/plan.js';

/** @param name of a file of configs/recipes, without its ending */
export async function planSeed(name: string, seed: number, variant?: string): Promise<Plan> {
  const file = join(ROOT, 'configs', 'recipes', `${name}.yaml`);
  const recipe = await readRecipe(file, variant);
  const stages = recipe.stages.map((stage) => ({
    ...stage,
    execution: { ...stage.execution, threads: 1 },
    // A study drops no seed: a gate that fails says so, and the figures show it.
    gates: stage.gates.map((gate) => (gate.on === 'approval' ? gate : { ...gate, on_failure: 'warn' as const })),
  }));
  return planRecipe({ ...recipe, name: `${recipe.name}-seed-${seed}`, seed, stages }, await readFacts(recipe, file));
}

/** All at once; the worker takes two stages at a time. @throws Error naming the first that did not end well */
export async function runPlans(plans: readonly Plan[], home: string, say: (text: string) => void): Promise<void> {
  mkdirSync(home, { recursive: true });
  // Two stages at once with one thread each: the same bytes as one with two (execution is no part of a key), in less time.
  const stack = await LocalStack.start({ home, env: { ...process.env, STAGEWRIGHT_CPU_SLOTS: '2' }, say });
  try {
    const client = await connect(stack.settings);
    await Promise.all(
      plans.map(async (plan) => {
        const { workflowId } = await startCurriculum(client, plan, stack.settings, { replace: false, say });
        const quiet = { onSnapshot: () => undefined, onSilence: () => undefined };
        const end = await watchCurriculum(client, workflowId, quiet, { pollMs: 60_000 });
        if (end.kind !== 'done') throw new Error(`${plan.recipe}: ${end.kind}`);
        say(`${plan.recipe} done`);
      }),
    );
    await client.connection.close();
  } finally {
    await stack.stop();
  }
}
