/**
 * Runs of a planned recipe made by hand in a real store: attempts that break off, stages that are amended, skipped or begun anew
 * from weights only. Claims, manifests and results go through the store; no trainer runs, and its numbers are made up here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import type { StageResult } from '../../core/checkpoint.js';
import type { EvaluationSummary, GradedAnswer } from '../../core/evaluation.js';
import type { MetricsLine } from '../../core/metrics.js';
import {
  checkpointWeightsKey,
  planRecipe,
  stageKeyMaterial,
  type Plan,
  type PlannedEvaluation,
  type PlannedStage,
} from '../../core/plan.js';
import { recipeSchema, type Recipe } from '../../core/recipe.js';
import { tallyAnswers } from '../../core/tally.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';

const TRAINER = { name: 'onnx', version: '1' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Supervised base, then three capabilities; gates after each. */
export function madeRecipe(more: Record<string, unknown> = {}): Recipe {
  const data = (split: string): object => ({ generator: 'digits', split, count: 64, mix: { at: 1 } });
  const stage = (name: string, capability: string, objective: string, steps: number, gates: object[] = []): object => ({
    name,
    capability,
    objective,
    data: objective === 'sft' ? 'base' : 'rl',
    training: { steps, learning_rate: 0.001 },
    gates,
  });
  return recipeSchema.parse({
    name: 'made',
    description: 'See, then think.',
    model: 'tiny',
    data: { base: data('base'), rl: data('rl'), heldout: data('heldout') },
    stages: [
      stage('base', 'base', 'sft', 60),
      stage('perception', 'perception', 'rlvr', 80, [
        { on: 'evaluation', data: 'heldout', capability: 'perception', min: 0.6 },
        { on: 'training', metric: 'reward', min: 0.99, on_failure: 'warn' },
      ]),
      stage('textual', 'textual_reasoning', 'rlvr', 40, [
        { on: 'approval', question: 'Do the traces read well?' },
        { on: 'training', metric: 'trace_length', last_steps: 5, max: 20 },
      ]),
      stage('visual', 'visual_reasoning', 'rlvr', 60),
    ],
    evaluation: { data: ['heldout'] },
    ...more,
  });
}

export function madePlan(recipe: Recipe): Plan {
  return planRecipe(recipe, {
    models: { tiny: 'a'.repeat(64) },
    trainers: { onnx: { version: '1' } },
    digits_sha256: 'c'.repeat(64),
    verifier: { name: 'digits', version: 1 },
    folders: {},
  });
}

export function madeLine(stage: Pick<PlannedStage, 'objective' | 'key'>, step: number, attempt = 1): MetricsLine {
  const { steps } = stage.objective.training;
  // Same stage, step and attempt: same numbers.
  const noise = Number.parseInt(sha256(`${stage.key}/${step}/${attempt}`).slice(0, 8), 16) / 0xffffffff - 0.5;
  const done = step / steps;
  const common = {
    step,
    loss: 2 * Math.exp(-3 * done) + 0.1 * noise,
    grad_norm: 1 - 0.5 * done + 0.2 * noise,
    learning_rate: 0.001 * (1 - 0.8 * done),
    tokens: 1000,
    tokens_per_second: 5000 + 500 * noise,
    seconds: 0.5,
    prompt_ids_sha256: 'd'.repeat(64),
    entropy: 0.5 - 0.4 * done + 0.05 * noise,
  };
  if (stage.objective.kind === 'sft') return { objective: 'sft', ...common };
  const accuracy = Math.min(1, 0.4 + 0.4 * done + 0.1 * noise);
  return {
    objective: 'rlvr',
    ...common,
    reward: accuracy,
    accuracy,
    format: 0.99,
    mixed_groups: 0.6 - 0.4 * done,
    kl: 0.05 * done,
    clip_fraction: 0.002,
    trace_length: 14 - 2 * done + noise,
  };
}

export interface MadeAttempt {
  /** Last step that is trained. */
  readonly to: number;
  /** Steps with a checkpoint. */
  readonly saves: readonly number[];
  /** How it ends; `done` makes the result. */
  readonly end: string;
  /** Checkpoints of earlier attempts whose bytes are damaged before this one begins. */
  readonly damage?: readonly number[];
}

/** Attempts one after another; each resumes from the newest whole checkpoint, as the store says. */
export async function makeAttempts(store: Store, stage: PlannedStage, attempts: readonly MadeAttempt[]): Promise<void> {
  const { key } = stage;
  await store.describeStage(key, { name: stage.name, material: stageKeyMaterial(stage) });
  for (const [i, { to, saves, end, damage = [] }] of attempts.entries()) {
    for (const step of damage) {
      const [epoch] = (await store.lineage(key, i)).filter((ref) => ref.step === step);
      if (epoch !== undefined) writeFileSync(weightsFile(store, key, epoch.epoch, step), 'damaged');
    }
    const owner = { workflow_id: `stagewright/stage/${key}`, run_id: 'run', attempt: i + 1 };
    const claimed = await store.claimEpoch({ key, owner, host: 'gpu-a', devices: ['0'] });
    if (claimed.kind === 'finished') throw new Error('the stage is finished');
    const { epoch, resume_from } = claimed.claim;
    const from = resume_from?.step ?? stage.continues?.step ?? 0;
    const lines = Array.from({ length: to - from }, (_, n) => madeLine(stage, from + n + 1, epoch));
    write(store.objects.path(layout.metrics(key, epoch)), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    for (const step of saves) await commit(store, key, epoch, step);
    if (end === 'done') await store.commitResult(resultOf(store, key, epoch, to));
    await store.endEpoch(key, epoch, end);
  }
}

/** Exports a checkpoint's weights before its stage is done, as runner/export-checkpoint.ts does. */
export async function handOver(store: Store, stage: PlannedStage, epoch: number, step: number): Promise<string> {
  const key = checkpointWeightsKey({ key: stage.key, step });
  const claimed = await store.claimEpoch({
    key,
    owner: { workflow_id: 'export', run_id: key.slice(0, 8), attempt: 1 },
    host: 'gpu-a',
    devices: [],
  });
  if (claimed.kind === 'finished') return key;
  await store.describeStage(key, { name: `${stage.name}, step ${step}`, material: { weights_of: stage.key, step } });
  const result = { ...resultOf(store, key, claimed.claim.epoch, step), of: stage.key, final: { epoch, step } };
  await store.commitResult(result);
  await store.endEpoch(key, claimed.claim.epoch, 'done');
  return key;
}

/** Graded answers and their summary; of each capability, how many of how many are right. */
export async function makeEvaluation(
  store: Store,
  evaluation: PlannedEvaluation,
  right: Readonly<Record<string, readonly [correct: number, n: number]>>,
): Promise<EvaluationSummary> {
  const answers = Object.entries(right).flatMap(([capability, [correct, n]]) =>
    Array.from({ length: n }, (_, i): GradedAnswer => ({
      id: `${capability}-${i}`,
      capability,
      kind: 'at',
      response: '<think> 1 </think> \\boxed{ 1 }',
      gold: '1',
      answer: '1',
      correct: i < correct,
      format: true,
      tokens: 7,
      reads: [],
    })),
  );
  const { key, weights, data } = evaluation;
  const summary = tallyAnswers({ key, weights, weights_sha256: 'e'.repeat(64), data: data.key }, answers);
  const file = `${layout.evaluation(key)}/answers-00000.jsonl`;
  write(store.objects.path(file), answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  await store.commitEvaluation(key, 'summary.json', summary);
  return summary;
}

async function commit(store: Store, key: string, epoch: number, step: number): Promise<void> {
  const text = `weights of step ${step}`;
  write(weightsFile(store, key, epoch, step), text);
  await store.commitManifest({
    schema: 'stagewright/manifest@1',
    key,
    epoch,
    step,
    root: layout.checkpoint(key, epoch, step).slice(layout.stage(key).length + 1),
    kind: 'own',
    reach: 'shared',
    files: [{ path: 'weights', size: text.length, sha256: sha256(text) }],
    trainer: TRAINER,
    data_position: null,
    topology: {},
  });
}

function resultOf(store: Store, key: string, epoch: number, step: number): StageResult {
  const text = `exported ${key} ${step}`;
  write(join(store.objects.path(layout.export(key, epoch)), 'model.safetensors'), text);
  const files = [{ path: 'model.safetensors', size: text.length, sha256: sha256(text) }];
  return {
    schema: 'stagewright/result@1',
    key,
    epoch,
    step,
    final: { epoch, step },
    export: { root: `epochs/${epoch}/export`, files },
    trainer: TRAINER,
  };
}

function weightsFile(store: Store, key: string, epoch: number, step: number): string {
  return join(store.objects.path(layout.checkpoint(key, epoch, step)), 'weights');
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
