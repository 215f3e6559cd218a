/**
 * One training step of each objective: GRPO (arXiv 2402.03300, clipping bounds as DAPO, arXiv 2503.14476) and SFT. A step depends
 * on nothing but weights, moments, seed and step number. Reading data and writing files are train.ts's.
 */
import { decodeResponse } from '../../core/digits/encode.js';
import { rewardOf } from '../../core/digits/grade.js';
import { StagewrightError } from '../../core/failures.js';
import type { MetricsLine } from '../../core/metrics.js';
import type { RlvrTraining, SftTraining } from '../../core/training.js';
import type { RowGrader } from '../../core/verify/row-grader.js';
import { failPoint } from '../../store/fail-point.js';
import type { LoadedRow } from '../../store/rows.js';
import { adamStep, type AdamState } from './adam.js';
import { groupAdvantages, mixedGroups, responseMask } from './advantages.js';
import { pickSamples, questionsOf, sumOf } from './batches.js';
import { promptIdsSha256 } from './data-order.js';
import type { GradientGraph, LossSettings, LossStats, Questions, SampleGraph, ScoreGraph } from './graphs.js';
import type { Model } from './model-folder.js';
import type { Parameters } from './parameters.js';
import { derivedGenerator, fillGumbel, permutation } from './random.js';
import { learningRate } from './schedule.js';
import type { Stopwatch } from './stopwatch.js';

export interface StepInput {
  readonly step: number;
  readonly seed: number;
  readonly rows: readonly LoadedRow[];
  readonly model: Model;
  readonly parameters: Parameters;
  readonly adam: AdamState;
  readonly watch: Stopwatch;
}

export interface SftGraphs {
  readonly gradient: GradientGraph;
}
export interface RlvrGraphs extends SftGraphs {
  readonly sample: SampleGraph;
  readonly score: ScoreGraph;
}

/** @throws StagewrightError DataInvalid for a row without `meta.response`. */
export async function sftStep(input: StepInput, graphs: SftGraphs, training: SftTraining): Promise<MetricsLine> {
  const { step, rows, model, parameters, adam, watch } = input;
  const { response: width } = model.dims;
  const zeros = new Float32Array(rows.length * width);
  const response = new Int32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (row.response === undefined) throw noResponse(row);
    response.set(row.response, i * width);
  }
  const mask = responseMask(response, width, model.endId);
  const tokens = sumOf(mask);
  const questions = questionsOf(rows, 1, model);
  const batch = {
    ...questions,
    response,
    mask,
    advantage: new Float32Array(rows.length),
    oldLogp: zeros,
    refLogp: zeros,
  };
  watch.lap('batch');
  const stats = await graphs.gradient.run(parameters, batch, SFT_LOSS, tokens);
  watch.lap('gradient');
  failPoint('step');
  const rate = learningRate(training, step);
  const norm = adamStep(parameters, graphs.gradient.gradients, adam, training, rate);
  watch.lap('optimizer');
  return { objective: 'sft', ...common(input, stats.loss, norm, rate, tokens), entropy: stats.entropy };
}

const SFT_LOSS: LossSettings = { clipLow: 0.2, clipHigh: 0.2, klCoefficient: 0, temperature: 1, rl: 0, sft: 1 };

export const noResponse = ({ row }: LoadedRow): StagewrightError =>
  new StagewrightError('DataInvalid', `row ${row.id} has no meta.response, which SFT trains on`, { row: row.id });

/** @param reference the stage's starting weights: what the KL is measured against. */
export async function rlvrStep(
  input: StepInput,
  graphs: RlvrGraphs,
  reference: Parameters,
  training: RlvrTraining,
  grader: RowGrader,
): Promise<MetricsLine> {
  const { step, seed, rows, model, parameters, adam, watch } = input;
  const questions = questionsOf(rows, training.rollouts, model);
  const { response, logp: oldLogp } = await rollOut(input, graphs.sample, questions, training.temperature);
  const { rewards, accuracy, format, ungradable } = gradeSamples(
    { rows, response, width: model.dims.response },
    training,
    grader,
  );
  watch.lap('reward');
  const { logp: refLogp } = await graphs.score.run(reference, questions, response, training.temperature);
  watch.lap('reference');
  failPoint('step');
  const mask = responseMask(response, model.dims.response, model.endId);
  const advantage = groupAdvantages(rewards, training.rollouts);
  const batch = { ...questions, response, mask, advantage, oldLogp, refLogp };

  const rate = learningRate(training, step);
  const order = permutation(questions.count, derivedGenerator(seed, 'minibatch', step));
  const size = Math.ceil(order.length / training.updates_per_batch);
  const means = new TokenMeans();
  const norms: number[] = [];
  for (let start = 0; start < order.length; start += size) {
    const mini = pickSamples(batch, order.subarray(start, start + size));
    const tokens = sumOf(mini.mask);
    watch.lap('batch');
    means.add(await graphs.gradient.run(parameters, mini, lossOf(training), tokens), tokens);
    watch.lap('gradient');
    norms.push(adamStep(parameters, graphs.gradient.gradients, adam, training, rate));
    watch.lap('optimizer');
  }
  const stats = means.mean();
  return {
    objective: 'rlvr',
    ...common(input, stats.loss, meanOf(norms), rate, means.tokens),
    reward: meanOf(rewards),
    accuracy,
    format,
    ungradable,
    mixed_groups: mixedGroups(rewards, training.rollouts),
    kl: stats.kl,
    entropy: stats.entropy,
    clip_fraction: stats.clipFraction,
    trace_length: means.tokens / questions.count,
  };
}

async function rollOut(
  { step, seed, model, parameters, watch }: StepInput,
  sample: SampleGraph,
  questions: Questions,
  temperature: number,
): Promise<{ response: Int32Array; logp: Float32Array }> {
  const gumbel = new Float32Array(questions.count * model.dims.response * model.dims.vocab);
  watch.lap('batch');
  fillGumbel(gumbel, derivedGenerator(seed, 'rollout', step));
  watch.lap('noise');
  const drawn = await sample.run(parameters, questions, gumbel, temperature);
  watch.lap('sampling');
  return drawn;
}

interface Samples {
  readonly rows: readonly LoadedRow[];
  readonly response: Int32Array;
  /** Tokens of one response. */
  readonly width: number;
}

function gradeSamples(
  { rows, response, width }: Samples,
  { rollouts, format_weight }: RlvrTraining,
  grader: RowGrader,
): { rewards: number[]; accuracy: number; format: number; ungradable: number } {
  const grades = rows.flatMap(({ row }, p) =>
    Array.from({ length: rollouts }, (_, k) => {
      const start = (p * rollouts + k) * width;
      const { result, format } = grader(row, decodeResponse(response.subarray(start, start + width)));
      return { verdict: result.verdict, correct: result.verdict === 'correct', format };
    }),
  );
  return {
    rewards: grades.map((grade) => rewardOf(grade, format_weight)),
    accuracy: meanOf(grades.map((grade) => Number(grade.correct))),
    format: meanOf(grades.map((grade) => Number(grade.format))),
    ungradable: meanOf(grades.map((grade) => Number(grade.verdict === 'ungradable'))),
  };
}

const lossOf = (training: RlvrTraining): LossSettings => ({
  clipLow: training.clip_low,
  clipHigh: training.clip_high,
  klCoefficient: training.kl_coefficient,
  temperature: training.temperature,
  rl: 1,
  sft: 0,
});

function common(
  { step, rows, watch }: StepInput,
  loss: number,
  gradNorm: number,
  rate: number,
  tokens: number,
): Omit<Extract<MetricsLine, { objective: 'sft' }>, 'objective' | 'entropy'> {
  const seconds = watch.seconds();
  return {
    step,
    loss,
    grad_norm: gradNorm,
    learning_rate: rate,
    tokens,
    tokens_per_second: tokens / seconds,
    seconds,
    prompt_ids_sha256: promptIdsSha256(rows.map(({ row }) => row)),
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means over the tokens of all mini-batches of a step. */
class TokenMeans {
  tokens = 0;
  readonly #sums = { loss: 0, policyLoss: 0, kl: 0, entropy: 0, clipFraction: 0, nll: 0 };

  add(stats: LossStats, tokens: number): void {
    this.tokens += tokens;
    for (const key of ['loss', 'policyLoss', 'kl', 'entropy', 'clipFraction', 'nll'] as const)
      this.#sums[key] += stats[key] * tokens;
  }

  mean(): LossStats {
    const of = (key: keyof LossStats): number => this.#sums[key] / this.tokens;
    return {
      loss: of('loss'),
      policyLoss: of('policyLoss'),
      kl: of('kl'),
      entropy: of('entropy'),
      clipFraction: of('clipFraction'),
      nll: of('nll'),
    };
  }
}
