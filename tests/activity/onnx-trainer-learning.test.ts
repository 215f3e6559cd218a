/** Whole training runs in this process: what a stage's settings do to weights and metrics, and greedy answers afterwards. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIGITS_VERIFIER, gradeResponse } from '../../core/digits/grade.js';
import type { MetricsLine } from '../../core/metrics.js';
import type { OnnxJob } from '../../core/onnx-job.js';
import { VERIFIER_VERSION } from '../../core/verify/contract.js';
import { loadRows, type LoadedRow } from '../../store/rows.js';
import { answerRows, type Answer, type AnswerOptions } from '../../trainers/onnx/answer.js';
import { promptIdsSha256 } from '../../trainers/onnx/data-order.js';
import { decodeSafetensors } from '../../trainers/onnx/safetensors.js';
import { train } from '../../trainers/onnx/train.js';
import {
  makeData,
  makeJob,
  modelOf,
  readMetrics,
  sha256,
  temporaryFolder,
  type Data,
  type JobSettings,
} from './onnx-trainer-support.js';

const folder = temporaryFolder();
let data: Data;
let rows: LoadedRow[];
/** Tiny weights that answer captions in form: SFT on a few rows that it can learn by heart. */
let taught: { file: string; sha256: string };
/** An earlier checkpoint of the same run: right now and then. */
let halfTaught: { file: string; sha256: string };
const TAUGHT_STEPS = 240;
const HALF_TAUGHT_STEPS = 40;

beforeAll(async () => {
  data = await makeData(join(folder, 'data'), { count: 8, mix: { text_sum: 1, at: 1 } });
  rows = await loadRows(data.folder);
  const job = await trained({
    sft: { steps: TAUGHT_STEPS, learning_rate: 2e-2, batch_size: 16 },
    more: { save_every_steps: HALF_TAUGHT_STEPS },
  });
  const known = (file: string) => ({ file, sha256: sha256(file) });
  taught = known(weightsOf(job, TAUGHT_STEPS));
  halfTaught = known(weightsOf(job, HALF_TAUGHT_STEPS));
});
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
async function trained(settings: JobSettings): Promise<OnnxJob> {
  const job = makeJob(join(folder, `run-${runs++}`), data, settings);
  await train(job);
  return job;
}
const fromTaught = (): NonNullable<JobSettings['more']> => ({ init: { kind: 'weights', ...halfTaught } });
const weightsOf = (job: OnnxJob, step: number): string =>
  join(job.output.checkpoints, `step-${step}`, 'weights.safetensors');
async function answersOf(options: Omit<AnswerOptions, 'temperature'>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const answer of answerRows({ ...options, temperature: 0 })) answers.push(answer);
  return answers;
}
const tensorsOf = (file: string) => decodeSafetensors(readFileSync(file), file);

describe('SFT', () => {
  test('learns its rows by heart, and greedy answers are then right', async () => {
    const { folder: modelFolder, sha256: modelSha256 } = modelOf('tiny');
    const options = {
      modelFolder,
      modelSha256,
      weightsFile: taught.file,
      weightsSha256: taught.sha256,
      rows,
      threads: 1,
    };
    const answers = await answersOf({ ...options, batch: 3 });
    expect(answers.map(({ id }) => id)).toEqual(rows.map(({ row }) => row.id));
    const grades = answers.map(({ words }, i) => gradeResponse(rows[i]?.row ?? { kind: '', answer: '' }, words));
    expect(grades.filter(({ format }) => format).length).toBeGreaterThanOrEqual(7);
    expect(grades.filter(({ correct }) => correct).length).toBeGreaterThanOrEqual(5);
    expect(await answersOf({ ...options, batch: 7 })).toEqual(answers);
  });

  test('answers of other weights than named are refused', async () => {
    const { folder: modelFolder, sha256: modelSha256 } = modelOf('tiny');
    const answers = answersOf({
      modelFolder,
      modelSha256,
      weightsFile: taught.file,
      weightsSha256: '0'.repeat(64),
      rows,
      batch: 8,
      threads: 1,
    });
    await expect(answers).rejects.toThrow(/weights\.safetensors has sha256/);
  });
});

describe('GRPO', () => {
  test('in a step’s only update the policy is its own reference: KL 0, nothing clipped', async () => {
    const job = await trained({
      rlvr: { steps: 1, batch_size: 8, updates_per_batch: 1, kl_coefficient: 1 },
      more: fromTaught(),
    });
    const [line] = readMetrics(job);
    if (line?.objective !== 'rlvr') throw new Error('no rlvr line');
    expect(Math.abs(line.kl)).toBeLessThan(1e-5);
    expect(line.clip_fraction).toBe(0);
    expect(line.reward).toBeCloseTo(0.9 * line.accuracy + 0.1 * line.format, 9);
    expect(line.tokens).toBe(line.trace_length * 32);
  });

  test('rewards come from the verifier that the job names; digits is the one of a job that names none', async () => {
    const first = async (more: JobSettings['more']): Promise<Extract<MetricsLine, { objective: 'rlvr' }>> => {
      const [line] = readMetrics(await trained({ rlvr: { steps: 1 }, more: { ...fromTaught(), ...more } }));
      if (line?.objective !== 'rlvr') throw new Error('no rlvr line');
      return { ...line, seconds: 0, tokens_per_second: 0 };
    };
    const unnamed = await first({});
    expect(await first({ verifier: { ...DIGITS_VERIFIER } })).toEqual(unnamed);
    // A word's form is all or nothing: without it there is no answer.
    expect(unnamed.ungradable).toBeCloseTo(1 - unnamed.format, 9);
    expect(unnamed.ungradable).toBeGreaterThan(0);
    const form = await first({ verifier: { name: 'format', version: VERIFIER_VERSION } });
    expect(form.accuracy).toBe(form.format);
    expect(form.accuracy).toBeGreaterThan(unnamed.accuracy);
    // Other rewards, other weights after the step.
    expect(form.grad_norm).not.toBe(unnamed.grad_norm);
    const math = await first({ verifier: { name: 'math', version: VERIFIER_VERSION } });
    expect(math.accuracy).toBeGreaterThanOrEqual(unnamed.accuracy);
    expect(math.reward).toBeCloseTo(0.9 * math.accuracy + 0.1 * math.format, 9);
    await expect(first({ verifier: { name: 'math', version: 99 } })).rejects.toThrow('plan the recipe again');
  });

  test('the KL to the stage’s start grows as the policy leaves it', async () => {
    const job = await trained({ rlvr: { steps: 12, learning_rate: 5e-3, warmup_steps: 0 }, more: fromTaught() });
    const kl = readMetrics(job).map((line) => (line.objective === 'rlvr' ? line.kl : NaN));
    expect(kl[11]).toBeGreaterThan(10 * Math.max(1e-4, kl[0] ?? NaN));
  });

  test('raises the reward of questions that the start answers now and then', async () => {
    const job = await trained({
      rlvr: { steps: 40, batch_size: 8, rollouts: 8, learning_rate: 3e-3, kl_coefficient: 0, temperature: 1.2 },
      more: fromTaught(),
    });
    const rewards = readMetrics(job).map((line) => (line.objective === 'rlvr' ? line.reward : NaN));
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(mean(rewards.slice(-10))).toBeGreaterThan(mean(rewards.slice(0, 10)) + 0.1);
  });
});

test('freeze_vision leaves the vision tower’s weights and moments to the bit, and moves the rest', async () => {
  const job = await trained({
    sft: { steps: 4, freeze_vision: true, weight_decay: 0.1, warmup_steps: 0 },
    more: fromTaught(),
  });
  const [before, after] = [tensorsOf(halfTaught.file), tensorsOf(weightsOf(job, 4))];
  const adam = tensorsOf(weightsOf(job, 4).replace('weights', 'adam'));
  const { parameters } = JSON.parse(readFileSync(join(modelOf('tiny').folder, 'model.json'), 'utf8')) as {
    parameters: { name: string; group: string }[];
  };
  expect(new Set(parameters.map(({ group }) => group)).size).toBe(2);
  for (const { name, group } of parameters) {
    if (group === 'vision') {
      expect(after.get(name)).toEqual(before.get(name));
      for (const moment of ['m', 'v']) expect(adam.get(`${moment}.${name}`)?.data.every((x) => x === 0)).toBe(true);
    } else expect(after.get(name)).not.toEqual(before.get(name));
  }
  const thawed = await trained({ sft: { steps: 4, warmup_steps: 0 }, more: fromTaught() });
  expect(tensorsOf(weightsOf(thawed, 4)).get('tile_w1')).not.toEqual(before.get('tile_w1'));
});

test('metrics name the rows of each step in the order of the data', async () => {
  const job = await trained({ sft: { steps: 3, batch_size: 5 }, order: 'file', more: { save_every_steps: 100 } });
  const ids = rows.map(({ row }) => row);
  const want = [0, 1, 2].map((step) =>
    promptIdsSha256(Array.from({ length: 5 }, (_, i) => ids[(5 * step + i) % 8] ?? { id: '' })),
  );
  expect(readMetrics(job).map((line) => line.prompt_ids_sha256)).toEqual(want);
});
