/**
 * A trainer for tests of the runner: real process, real files, no learning. `node stand-in-trainer.mjs train|export job.json`.
 * Its weights are a hash chain over steps, so that a wrong resume gives other bytes. `script` makes it misbehave on purpose.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , verb, jobFile] = process.argv;
const job = JSON.parse(readFileSync(jobFile, 'utf8'));
const script = job.script ?? {};
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

let asked = false;
process.on('SIGTERM', () => {
  asked = true;
});

function weightsAt(folder) {
  const text = readFileSync(join(folder, 'weights.txt'), 'utf8');
  for (const file of job.resume.files) {
    if (sha256(readFileSync(join(folder, file.path))) !== file.sha256) {
      process.stderr.write(
        `${JSON.stringify({ type: 'DigestMismatch', message: `${file.path} has another sha256` })}\n`,
      );
      process.exit(2);
    }
  }
  return text;
}

function save(step, weights) {
  const partial = join(job.checkpoints, `.partial-${step}-${process.pid}`);
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'weights.txt'), weights);
  const file = { path: 'weights.txt', size: Buffer.byteLength(weights), sha256: sha256(weights) };
  const torn = script.torn_checkpoint_at === step;
  if (torn) writeFileSync(join(partial, 'weights.txt'), weights.slice(0, -1));
  const position = { rows: step * 4, pass: 0 };
  writeFileSync(join(partial, 'checkpoint.json'), JSON.stringify({ step, files: [file], data_position: position }));
  rmSync(join(job.checkpoints, `step-${step}`), { recursive: true, force: true });
  renameSync(partial, join(job.checkpoints, `step-${step}`));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function train() {
  mkdirSync(job.checkpoints, { recursive: true });
  process.stdout.write(`devices ${process.env.CUDA_VISIBLE_DEVICES}\n`);
  if (script.orphans) {
    // Double fork and setsid: neither in our group nor our child any more, and deaf to SIGTERM.
    const nested = `trap '' TERM; setsid sh -c "trap '' TERM; sleep 1000 & sleep 1000" >/dev/null 2>&1 &`;
    spawn('sh', ['-c', nested], { stdio: 'ignore', detached: true }).unref();
  }
  if (script.fail) {
    process.stderr.write(script.fail.text ?? '');
    process.exit(script.fail.code);
  }
  let step = job.resume === null ? 0 : job.resume.step;
  let weights = job.resume === null ? sha256('start').repeat(64) : weightsAt(job.resume.folder);
  if (script.ignore_resume) {
    step = 0;
    weights = sha256('start').repeat(64);
  }
  const last = script.exit_after ?? script.train_to ?? job.steps;
  while (step < last) {
    while (script.hang) {
      process.stdout.write('still thinking\n');
      await sleep(50);
      if (asked && !script.ignore_sigterm) process.exit(143);
    }
    await sleep(job.step_ms);
    step += 1;
    weights = sha256(`${weights}${step}`).repeat(64);
    const line = JSON.stringify({ step, pid: process.pid });
    if (script.torn_metrics) {
      appendFileSync(job.metrics, line.slice(0, 5));
      await sleep(20);
      appendFileSync(job.metrics, `${line.slice(5)}\n`);
    } else appendFileSync(job.metrics, `${line}\n`);
    const stop = asked && !script.ignore_sigterm;
    if (step % job.save_every === 0 || step === job.steps || stop) save(step, weights);
    if (stop) process.exit(143);
  }
  process.exit(script.exit_after === undefined ? 0 : (script.exit_code ?? 0));
}

function exportWeights() {
  const weights = weightsAt(job.resume.folder);
  if (script.fail_export) process.exit(7);
  mkdirSync(job.export, { recursive: true });
  writeFileSync(join(job.export, 'model.txt'), `exported\n${weights}`);
}

if (verb === 'train') await train();
else exportWeights();
