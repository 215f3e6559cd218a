/**
 * How fast is the embedded trainer, and where does a step's time go? `node bench/trainer.mjs [steps]` after `npm run build`
 * (STAGEWRIGHT_DIST names another build). Demo model, GRPO 32 prompts x 8 samples on visual sums and SFT batches of 128, 1 and 2
 * threads. With STAGEWRIGHT_TORCH_PYTHON=<python with torch>, the same GRPO step in PyTorch eager, in the same run.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const dist = resolve(process.env.STAGEWRIGHT_DIST ?? join(root, 'dist'));
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { profileTraining } = await load('trainers/onnx/profile.js');
const { rlvrTrainingSchema, sftTrainingSchema } = await load('core/training.js');
const { materialiseDigits } = await load('activities/data/digits-dataset.js');

const steps = Number(process.argv[2] ?? 40);
const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'stagewright-bench-'));

const PARTS = ['noise', 'sampling', 'reward', 'reference', 'gradient', 'optimizer', 'checkpoint', 'batch'];
const show = (label, { stepMs, medianMs, partsMs, tokensPerSecond }) => {
  const parts = PARTS.filter((part) => partsMs[part] !== undefined).map(
    (part) => `${part} ${partsMs[part].toFixed(1)} ms (${((100 * partsMs[part]) / stepMs).toFixed(0)} %)`,
  );
  console.log(
    `${label}: ${stepMs.toFixed(0)} ms a step (median ${medianMs.toFixed(0)}), ${tokensPerSecond.toFixed(0)} tokens/s\n  ${parts.join(', ')}`,
  );
};

try {
  const model = join(root, 'models/graphs/demo');
  const { rows_sha256 } = await materialiseDigits(
    {
      generator: 'digits',
      version: 1,
      digits_sha256: digest(join(root, 'data/digits.csv.gz')),
      split: 'rl',
      seed: 1000,
      count: 512,
      mix: { visual_sum: 1 },
      label_noise: 0,
      camera_noise: 0.1,
    },
    join(folder, 'data'),
  );
  const job = (name, objective, threads) => ({
    schema: 'stagewright/onnx-job@1',
    model: { folder: model, sha256: digest(join(model, 'model.json')) },
    objective,
    data: { folder: join(folder, 'data'), rows_sha256, order: 'shuffled' },
    seed: 1000,
    init: { kind: 'scratch' },
    resume: null,
    threads,
    save_every_steps: 20,
    output: {
      metrics: join(folder, name, 'metrics.jsonl'),
      checkpoints: join(folder, name, 'checkpoints'),
      export: join(folder, name, 'export'),
    },
  });
  const rlvr = { kind: 'rlvr', training: rlvrTrainingSchema.parse({ steps, learning_rate: 4e-4 }) };
  const sft = { kind: 'sft', training: sftTrainingSchema.parse({ steps, learning_rate: 3e-3 }) };
  console.log(
    `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${steps} steps each, a checkpoint every 20`,
  );
  let fastest = Infinity;
  for (const threads of [1, 2]) {
    const profile = await profileTraining(job(`rlvr-${threads}`, rlvr, threads));
    fastest = Math.min(fastest, profile.medianMs);
    show(`GRPO 32 x 8, ${threads} thread${threads > 1 ? 's' : ''}`, profile);
    show(
      `SFT 128, ${threads} thread${threads > 1 ? 's' : ''}`,
      await profileTraining(job(`sft-${threads}`, sft, threads)),
    );
  }
  const python = process.env.STAGEWRIGHT_TORCH_PYTHON;
  if (python === undefined || python === '')
    console.log('PyTorch eager: skipped (STAGEWRIGHT_TORCH_PYTHON is not set)');
  else {
    let eager = Infinity;
    for (const threads of ['1', '2']) {
      const ms = Number(
        execFileSync(python, [join(root, 'bench/torch-eager.py'), String(steps), threads], { encoding: 'utf8' }),
      );
      eager = Math.min(eager, ms);
      console.log(
        `PyTorch eager, the same GRPO step, ${threads} thread${threads > '1' ? 's' : ''}: ${ms.toFixed(0)} ms (median)`,
      );
    }
    console.log(`ratio eager / onnx, best threads of each: ${(eager / fastest).toFixed(2)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
