/**
 * What does durability cost? One GRPO stage of the demo model, the same job three ways: (a) the bare trainer without checkpoints,
 * (b) the bare trainer with its checkpoints, (c) the full product: server, worker, runner, epochs, manifests. Interleaved pairs.
 *
 * Two ratios. `steps`: from the trainer's start to its last checkpoint, which grows with the work. `whole`: from the order to the
 * exported weights; its difference is the product's constant part (data, lease, start, hand-over) and does not grow with the work.
 *
 *   npm run bench -- durability [--steps 600] [--pairs 5] [--prompts 8] [--save 20] [--threads 1,2]
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DIST, load, machine, median, planOf, round, spread, startPlan, withFolder, withStack } from './support.mjs';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '600' },
    pairs: { type: 'string', default: '5' },
    prompts: { type: 'string', default: '8' },
    save: { type: 'string', default: '20' },
    /** The first is measured in all pairs, the others in one. */
    threads: { type: 'string', default: '1,2' },
  },
});
const steps = Number(values.steps);
const save = Number(values.save);
const { layout } = await load('store/layout.js');
const { onnxBackend } = await load('runner/backends/onnx.js');

const recipe = (seed, threads) => ({
  name: 'bench-durability',
  model: 'demo',
  seed: 1,
  data: {
    base: { generator: 'digits', split: 'base', count: 512, scenes: 128, mix: { at: 1, visual_sum: 1 } },
    visual: { generator: 'digits', split: 'rl', count: 512, mix: { visual_sum: 1 } },
  },
  stages: [
    {
      name: 'base',
      capability: 'base',
      objective: 'sft',
      data: 'base',
      training: { steps: 150, batch_size: 64, learning_rate: 0.003 },
      execution: { threads: 2 },
    },
    {
      name: 'visual',
      capability: 'visual_reasoning',
      objective: 'rlvr',
      data: 'visual',
      seed,
      training: { steps, batch_size: Number(values.prompts), rollouts: 8, learning_rate: 0.0004 },
      checkpoints: { save_every_steps: save },
      execution: { threads },
    },
  ],
});

/** Seconds from the metrics log's creation to the last checkpoint's own record. */
function stepSeconds(metrics, checkpoints) {
  const done = statSync(join(checkpoints, `step-${steps}`, 'checkpoint.json')).mtimeMs;
  return (done - statSync(metrics).birthtimeMs) / 1000;
}

function run(verb, job, folder) {
  const file = join(folder, `${verb}-job.json`);
  writeFileSync(file, JSON.stringify(job));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(DIST, 'trainers/onnx/main.js'), verb, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child
      .on('error', reject)
      .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${verb}: exit ${code}`))));
  });
}

/** The bare trainer: train, then export. */
async function bare(template, { seed, threads, every, folder }) {
  mkdirSync(folder, { recursive: true });
  const output = {
    metrics: join(folder, 'metrics.jsonl'),
    checkpoints: join(folder, 'checkpoints'),
    export: join(folder, 'export'),
  };
  const job = { ...template, seed, threads, save_every_steps: every, output };
  const begun = performance.now();
  await run('train', job, folder);
  const last = join(output.checkpoints, `step-${steps}`);
  const resume = { folder: last, step: steps, files: (await onnxBackend.readCheckpoint(last)).files };
  await run('export', { ...job, resume }, folder);
  return { whole: (performance.now() - begun) / 1000, steps: stepSeconds(output.metrics, output.checkpoints) };
}

console.log(`${machine()}; GRPO ${values.prompts} prompts x 8, ${steps} steps, a checkpoint every ${save}`);
await withFolder((folder) =>
  withStack(join(folder, 'home'), { STAGEWRIGHT_CPU_SLOTS: '1' }, async ({ client, settings }) => {
    const at = (key) => join(settings.store, key);
    const product = async (seed, threads) => {
      const plan = await planOf(recipe(seed, threads));
      const { key } = plan.stages[1];
      const begun = performance.now();
      const end = await (await startPlan(client, plan, settings)).result();
      if (end.state !== 'done') throw new Error(`the curriculum ended as ${end.state}`);
      const whole = (performance.now() - begun) / 1000;
      return {
        whole,
        steps: stepSeconds(at(layout.metrics(key, 1)), at(layout.checkpoints(key, 1))),
        job: JSON.parse(readFileSync(at(layout.job(key, 1)), 'utf8')).job,
      };
    };
    // Trains the base once, and gives the job that the bare runs repeat.
    const { job: template } = await product(1000, 1);
    let bares = 0;
    const bareRun = (seed, threads, every) =>
      bare(template, { seed, threads, every, folder: join(folder, `bare-${(bares += 1)}`) });

    for (const [i, threads] of values.threads.split(',').map(Number).entries()) {
      const pairs = i === 0 ? Number(values.pairs) : 1;
      const rows = [];
      for (let pair = 1; pair <= pairs; pair++) {
        const seed = 1000 + 100 * threads + pair;
        const row = {};
        const order = pair % 2 === 1 ? ['a', 'b', 'c'] : ['c', 'b', 'a'];
        for (const what of order)
          row[what] =
            what === 'c' ? await product(seed, threads) : await bareRun(seed, threads, what === 'a' ? steps : save);
        rows.push(row);
        const words = ['a', 'b', 'c'].map((w) => `${w} ${round(row[w].steps)} s (whole ${round(row[w].whole)})`);
        console.log(
          `${threads} thread${threads > 1 ? 's' : ''}, pair ${pair}: ${words.join(', ')}; steps c/b ${round(row.c.steps / row.b.steps, 3)}`,
        );
      }
      const ratio = (of, x, y) => rows.map((row) => row[x][of] / row[y][of]);
      console.log(
        `${threads} thread${threads > 1 ? 's' : ''}, median [min, max] of ${pairs}: ` +
          `steps c/b ${spread(ratio('steps', 'c', 'b'), 3)}, b/a ${spread(ratio('steps', 'b', 'a'), 3)}; ` +
          `whole c/b ${spread(ratio('whole', 'c', 'b'), 3)}, ` +
          `constant part ${round(median(rows.map((r) => r.c.whole - r.c.steps - (r.b.whole - r.b.steps))))} s`,
      );
    }
  }),
);
