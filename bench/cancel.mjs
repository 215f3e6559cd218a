/**
 * How long does a cancel take? A curriculum of the tiny model is cancelled at random moments of its life (seeded); measured is the
 * time from the request until no process of the run lives, the lease is free and the curriculum has ended, all three.
 *
 *   npm run bench -- cancel [--times 50] [--seed 1] [--within-ms 6000]
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { load, machine, median, planOf, quantile, round, startPlan, withFolder, withStack } from './support.mjs';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    'within-ms': { type: 'string', default: '6000' },
  },
});
const within = Number(values['within-ms']);
const { findMarked } = await load('cli/process-identity.js');
const { STACK_VARIABLE } = await load('cli/local-stack.js');
const { derivedGenerator } = await load('trainers/onnx/random.js');
const random = derivedGenerator(Number(values.seed), 'cancel', 0);

const recipe = (seed) => ({
  name: `bench-cancel-${seed}`,
  model: 'tiny',
  seed,
  data: {
    base: { generator: 'digits', split: 'base', count: 96, scenes: 24, mix: { at: 2, visual_sum: 2 } },
    rl: { generator: 'digits', split: 'rl', count: 32, mix: { at: 1 } },
  },
  stages: [
    {
      name: 'base',
      capability: 'base',
      objective: 'sft',
      data: 'base',
      training: { steps: 150, batch_size: 16, learning_rate: 0.003 },
      checkpoints: { save_every_steps: 10 },
      execution: { threads: 1 },
    },
    {
      name: 'perception',
      capability: 'perception',
      objective: 'rlvr',
      data: 'rl',
      training: { steps: 2000, batch_size: 4, rollouts: 4, learning_rate: 0.0004 },
      checkpoints: { save_every_steps: 5 },
      execution: { threads: 1 },
    },
  ],
});

console.log(`${machine()}; ${values.times} cancels within ${within} ms of the start, seed ${values.seed}`);
await withFolder((folder) => {
  const home = join(folder, 'home');
  return withStack(home, { STAGEWRIGHT_CPU_SLOTS: '1' }, async ({ client, settings }) => {
    const runs = () => findMarked(STACK_VARIABLE, home).filter(({ environment }) => environment.has('STAGEWRIGHT_RUN'));
    const leases = () => {
      const file = join(settings.hostFolder, 'leases.json');
      return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).leases.length : 0;
    };
    const seconds = [];
    let atWork = 0;
    for (let i = 1; i <= Number(values.times); i++) {
      const handle = await startPlan(client, await planOf(recipe(i)), settings);
      const moment = uniformInt(random, 0, within);
      await sleep(moment);
      const before = runs();
      if (before.length > 0) atWork += 1;
      const begun = performance.now();
      await handle.cancel();
      const open = async () => (await handle.describe()).status.name === 'RUNNING';
      while (runs().length > 0 || leases() > 0 || (await open())) await sleep(20);
      const took = (performance.now() - begun) / 1000;
      seconds.push(took);
      console.log(
        `${i}: cancelled ${round(moment / 1000, 1)} s after its start with ${before.length} processes of the run: ${round(took)} s`,
      );
    }
    console.log(
      `worst of ${seconds.length}: ${round(Math.max(...seconds))} s (median ${round(median(seconds))}, 90 % within ${round(quantile(seconds, 0.9))}); ` +
        `a run was at work in ${atWork}; processes left: ${runs().length}, leases left: ${leases()}`,
    );
    if (runs().length > 0 || leases() > 0) process.exitCode = 1;
  });
});
