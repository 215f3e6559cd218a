/** The exported graphs as the trainer runs them: gradients, the loss on cases worked out by hand, and the sampler's distribution. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRows, type LoadedRow } from '../../store/rows.js';
import { responseMask } from '../../trainers/onnx/advantages.js';
import { pickSamples, questionsOf, sumOf } from '../../trainers/onnx/batches.js';
import {
  GradientGraph,
  SampleGraph,
  ScoreGraph,
  type LossSettings,
  type TrainingBatch,
} from '../../trainers/onnx/graphs.js';
import { readModel, type Model } from '../../trainers/onnx/model-folder.js';
import { initialParameters, type Parameter } from '../../trainers/onnx/parameters.js';
import { derivedGenerator, fillGumbel, fillNormal } from '../../trainers/onnx/random.js';
import { makeData, modelOf, temporaryFolder } from './onnx-trainer-support.js';

const folder = temporaryFolder();
let model: Model;
let rows: LoadedRow[];
let parameters: Parameter[];
let gradient: GradientGraph;
let score: ScoreGraph;
let sample: SampleGraph;

beforeAll(async () => {
  await makeData(folder, { count: 24 });
  rows = await loadRows(folder);
  const { folder: graphs, sha256 } = modelOf('tiny');
  model = await readModel(graphs, sha256);
  gradient = await GradientGraph.load(model, 1);
  score = await ScoreGraph.load(model, 1);
  sample = await SampleGraph.load(model, 1);
  parameters = initialParameters(model.parameters, 7);
});
afterAll(() => rmSync(folder, { recursive: true }));

const GRPO: LossSettings = { clipLow: 0.2, clipHigh: 0.28, klCoefficient: 0, temperature: 1, rl: 1, sft: 0 };
const SFT: LossSettings = { ...GRPO, rl: 0, sft: 1 };

/** The rows with their own responses; old and reference log-probabilities are the current ones shifted by `old` and `ref`. */
async function batchOf(
  advantage: readonly number[],
  old: number,
  ref: number,
  temperature = 1,
): Promise<TrainingBatch> {
  const questions = questionsOf(rows, 1, model);
  const width = model.dims.response;
  const response = new Int32Array(rows.length * width);
  rows.forEach((row, i) => response.set(row.response ?? [], i * width));
  const { logp } = await score.run(parameters, questions, response, temperature);
  return {
    ...questions,
    response,
    mask: responseMask(response, width, model.endId),
    advantage: Float32Array.from(rows, (_, i) => advantage[i % advantage.length] ?? 0),
    oldLogp: logp.map((x) => x + old),
    refLogp: logp.map((x) => x + ref),
  };
}
const lengthOf = (gradients: readonly Float32Array[]): number =>
  Math.sqrt(gradients.reduce((sum, g) => sum + g.reduce((s, x) => s + x * x, 0), 0));

describe('gradients against central differences', () => {
  // Float32 losses near 1 carry errors of about 1e-7, so a step of 2 * 5e-3 gives the slope to about 2e-5; the curvature's share
  // of the error is of order 5e-3 squared. 1 % of the gradient's length plus 1e-4 leaves room for both and for no wrong factor.
  const EPS = 5e-3;
  test.each<[string, LossSettings, number, number, readonly number[]]>([
    ['SFT', SFT, 0, 0, [0]],
    ['GRPO inside the bounds', { ...GRPO, klCoefficient: 0.3 }, 0.05, 0.4, [1, -0.7, 0.2]],
    ['GRPO at a temperature', { ...GRPO, temperature: 0.6 }, -0.05, 0, [1, -0.7, 0.2]],
    ['GRPO with half of the samples clipped', GRPO, -0.6, 0, [1, -1]],
  ])('%s', async (_, settings, old, ref, advantage) => {
    const batch = await batchOf(advantage, old, ref, settings.temperature);
    const norm = sumOf(batch.mask);
    const lossOf = async (): Promise<number> => (await gradient.run(parameters, batch, settings, norm)).loss;
    await lossOf();
    const gradients = gradient.gradients.map((g) => g.slice());
    expect(lengthOf(gradients)).toBeGreaterThan(0.01);
    for (const [i, { spec, data }] of parameters.entries()) {
      const g = gradients[i] ?? new Float32Array();
      const length = lengthOf([g]);
      // Along the tensor's own gradient, which every wrong factor shows, and along a random direction, which every wrong entry may.
      const random = new Float32Array(g.length);
      fillNormal(random, 1, derivedGenerator(1, `test/${spec.name}`, 0));
      for (const direction of [g, random]) {
        const scale = lengthOf([direction]);
        if (scale === 0) continue;
        const unit = direction.map((x) => x / scale);
        const kept = data.slice();
        const at = async (eps: number): Promise<number> => {
          data.set(kept.map((x, k) => x + eps * (unit[k] ?? 0)));
          return lossOf();
        };
        const slope = ((await at(EPS)) - (await at(-EPS))) / (2 * EPS);
        data.set(kept);
        const want = unit.reduce((sum, x, k) => sum + x * (g[k] ?? 0), 0);
        expect(Math.abs(slope - want), `${spec.name}: ${slope} by differences, ${want} by the graph`).toBeLessThan(
          0.01 * length + 1e-4,
        );
      }
    }
  });
});

describe('the loss on cases worked out by hand', () => {
  // One token of one sample counts, so the policy loss is -min(r a, clip(r) a) of that token alone.
  test.each<[string, number, number, number, boolean]>([
    ['better than thought, far above: clipped at 1.28', 1, 1.5, -1.28, true],
    ['better than thought, above the low bound’s width only: free', 1, 1.25, -1.25, false],
    ['better than thought, far below: free to come back', 1, 0.5, -0.5, false],
    ['worse than thought, far below: clipped at 0.8', -1, 0.5, 0.8, true],
    ['worse than thought, below by less: free', -1, 0.85, 0.85, false],
    ['worse than thought, far above: free to come back', -1, 1.5, 1.5, false],
  ])('%s', async (_, advantage, ratio, want, bites) => {
    const batch = await batchOf([advantage], -Math.log(ratio), 0);
    batch.mask.fill(0);
    batch.mask[1] = 1;
    const stats = await gradient.run(parameters, batch, GRPO, 1);
    expect(stats.policyLoss).toBeCloseTo(want, 4);
    expect(stats.loss).toBeCloseTo(want, 4);
    expect(stats.clipFraction).toBe(bites ? 1 : 0);
    if (bites) expect(lengthOf(gradient.gradients)).toBe(0);
    else expect(lengthOf(gradient.gradients)).toBeGreaterThan(1e-3);
  });

  test('no advantage gives no gradient; the KL alone gives one', async () => {
    const batch = await batchOf([0], 0.1, 0.5);
    const norm = sumOf(batch.mask);
    await gradient.run(parameters, batch, GRPO, norm);
    expect(lengthOf(gradient.gradients)).toBe(0);
    const stats = await gradient.run(parameters, batch, { ...GRPO, klCoefficient: 0.1 }, norm);
    expect(stats.kl).toBeCloseTo(Math.exp(0.5) - 0.5 - 1, 4);
    expect(stats.loss).toBeCloseTo(0.1 * stats.kl, 5);
    expect(lengthOf(gradient.gradients)).toBeGreaterThan(1e-3);
  });

  test('the KL to the current weights themselves is 0 and pulls nowhere', async () => {
    const batch = await batchOf([0], 0, 0);
    const stats = await gradient.run(parameters, batch, { ...GRPO, klCoefficient: 1 }, sumOf(batch.mask));
    expect(Math.abs(stats.kl)).toBeLessThan(1e-6);
    expect(lengthOf(gradient.gradients)).toBeLessThan(1e-5);
  });

  test('SFT is the mean negative log-probability of the masked tokens', async () => {
    const batch = await batchOf([0], 0, 0);
    const norm = sumOf(batch.mask);
    const stats = await gradient.run(parameters, batch, SFT, norm);
    const want = -batch.oldLogp.reduce((sum, x, i) => sum + x * (batch.mask[i] ?? 0), 0) / norm;
    expect(stats.loss).toBeCloseTo(want, 5);
  });

  test('what follows <eos> changes neither loss nor gradient', async () => {
    const batch = await batchOf([1, -1], 0.05, 0.1);
    const settings = { ...GRPO, klCoefficient: 0.1 };
    const norm = sumOf(batch.mask);
    const { loss } = await gradient.run(parameters, batch, settings, norm);
    const before = gradient.gradients.map((g) => g.slice());
    batch.mask.forEach((counts, i) => {
      if (counts === 0) batch.response[i] = 3;
    });
    expect((await gradient.run(parameters, batch, settings, norm)).loss).toBe(loss);
    expect(gradient.gradients.map((g) => g.slice())).toEqual(before);
  });

  test('micro batches under one norm add up to the whole', async () => {
    const batch = await batchOf([1, -1], 0.05, 0.1);
    const norm = sumOf(batch.mask);
    await gradient.run(parameters, batch, GRPO, norm);
    const whole = gradient.gradients.map((g) => g.slice());
    const added = whole.map((g) => new Float32Array(g.length));
    for (const part of [
      Int32Array.from({ length: 10 }, (_, i) => i),
      Int32Array.from({ length: 14 }, (_, i) => 10 + i),
    ]) {
      await gradient.run(parameters, pickSamples(batch, part), GRPO, norm);
      gradient.gradients.forEach((g, i) => g.forEach((x, k) => ((added[i] ?? g)[k] = (added[i]?.[k] ?? 0) + x)));
    }
    for (const [i, g] of whole.entries())
      for (const [k, x] of g.entries()) expect(Math.abs((added[i]?.[k] ?? NaN) - x)).toBeLessThan(1e-6);
  });
});

describe('sampling', () => {
  const DRAWS = 4096;
  const TEMPERATURE = 0.7;

  /** Probabilities of the first word of the first question, by asking `score` for each word. */
  async function firstWord(temperature: number): Promise<number[]> {
    const { response: width, vocab } = model.dims;
    const questions = questionsOf(rows.slice(0, 1), vocab, model);
    const response = new Int32Array(vocab * width).map((_, i) => (i % width === 0 ? i / width : 0));
    const { logp } = await score.run(parameters, questions, response, temperature);
    return Array.from({ length: vocab }, (_, word) => Math.exp(logp[word * width] ?? NaN));
  }

  async function draws(temperature: number): Promise<{ counts: number[]; response: Int32Array; logp: Float32Array }> {
    const { response: width, vocab } = model.dims;
    const gumbel = new Float32Array(DRAWS * width * vocab);
    fillGumbel(gumbel, derivedGenerator(3, 'rollout', 1));
    const { response, logp } = await sample.run(
      parameters,
      questionsOf(rows.slice(0, 1), DRAWS, model),
      gumbel,
      temperature,
    );
    const counts = Array<number>(vocab).fill(0);
    for (let i = 0; i < DRAWS; i++) {
      const word = response[i * width] ?? -1;
      counts[word] = (counts[word] ?? 0) + 1;
    }
    return { counts, response, logp };
  }

  /** Standard normal quantile of Pearson's statistic (Wilson-Hilferty); words expected less than 5 times are one class. */
  function misfit(counts: readonly number[], probabilities: readonly number[]): number {
    let [statistic, classes, restCount, restExpected] = [0, 0, 0, 0];
    const add = (count: number, expected: number): void => {
      statistic += (count - expected) ** 2 / expected;
      classes++;
    };
    for (const [word, probability] of probabilities.entries()) {
      const [count, expected] = [counts[word] ?? 0, probability * DRAWS];
      if (expected >= 5) add(count, expected);
      else [restCount, restExpected] = [restCount + count, restExpected + expected];
    }
    if (restExpected > 0) add(restCount, restExpected);
    const df = classes - 1;
    return (Math.cbrt(statistic / df) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df));
  }

  test('the first word follows softmax(logits / temperature), and no other temperature', async () => {
    const probabilities = await firstWord(TEMPERATURE);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
    const { counts } = await draws(TEMPERATURE);
    expect(misfit(counts, probabilities)).toBeLessThan(3);
    expect(misfit(counts, await firstWord(1))).toBeGreaterThan(6);
  });

  test('the log-probabilities of what was drawn are those that the score graph gives', async () => {
    const { response, logp } = await draws(TEMPERATURE);
    const again = await score.run(parameters, questionsOf(rows.slice(0, 1), DRAWS, model), response, TEMPERATURE);
    const furthest = logp.reduce((most, x, i) => Math.max(most, Math.abs(x - (again.logp[i] ?? NaN))), 0);
    expect(furthest).toBeLessThan(1e-4);
  });

  test('without noise the likeliest word is answered', async () => {
    const probabilities = await firstWord(1);
    const { response: width, vocab } = model.dims;
    const greedy = await sample.run(
      parameters,
      questionsOf(rows.slice(0, 2), 1, model),
      new Float32Array(2 * width * vocab),
      1,
    );
    expect(greedy.response[0]).toBe(probabilities.indexOf(Math.max(...probabilities)));
  });
});
