/** AdamW, schedule and advantages of the onnx trainer against values worked out by hand. */
import { describe, expect, test } from 'vitest';
import { rlvrTrainingSchema, sftTrainingSchema } from '../../core/training.js';
import { adamStep, freshAdam, type AdamSettings } from '../../trainers/onnx/adam.js';
import { groupAdvantages, mixedGroups, responseMask } from '../../trainers/onnx/advantages.js';
import type { ParameterSpec } from '../../trainers/onnx/model-folder.js';
import { initialParameters } from '../../trainers/onnx/parameters.js';
import { learningRate } from '../../trainers/onnx/schedule.js';

const specs: ParameterSpec[] = [
  { name: 'matrix', shape: [1, 2], init: { kind: 'ones' }, group: 'language' },
  { name: 'vector', shape: [2], init: { kind: 'ones' }, group: 'language' },
  { name: 'tower', shape: [2, 1], init: { kind: 'ones' }, group: 'vision' },
];
const settings: AdamSettings = {
  adam_beta1: 0.9,
  adam_beta2: 0.99,
  weight_decay: 0,
  max_grad_norm: 1e9,
  freeze_vision: false,
  vision_learning_rate_factor: 1,
};
const gradients = (...values: number[]): Float32Array[] =>
  [0, 2, 4].map((i) => Float32Array.from(values.slice(i, i + 2)));

function updated(more: Partial<AdamSettings>, ...steps: Float32Array[][]) {
  const parameters = initialParameters(specs, 1);
  const state = freshAdam(specs);
  const norms = steps.map((g) => adamStep(parameters, g, state, { ...settings, ...more }, 0.1));
  return { parameters, state, norms, data: parameters.flatMap(({ data }) => [...data]) };
}

describe('adamStep', () => {
  test('the first update is the rate times the sign of the gradient', () => {
    const { data } = updated({}, gradients(3, -0.5, 7, 1e-3, -2, 4));
    for (const [i, want] of [0.9, 1.1, 0.9, 0.9, 1.1, 0.9].entries()) expect(data[i]).toBeCloseTo(want, 5);
  });

  test('the second update mixes both gradients with unbiased moments', () => {
    const { data } = updated({}, gradients(1, 1, 1, 1, 1, 1), gradients(-3, -3, -3, -3, -3, -3));
    // m = 0.9 * 0.1 - 0.3 = -0.21, / 0.19; v = 0.99 * 0.01 + 0.09 = 0.0999, / 0.0199
    expect(data[0]).toBeCloseTo(0.9 + (0.1 * (0.21 / 0.19)) / Math.sqrt(0.0999 / 0.0199), 5);
  });

  test('the norm is global and before clipping; clipped gradients keep their direction', () => {
    const big = gradients(3, 0, 0, 4, 12, 0);
    const { norms, state } = updated({ max_grad_norm: 1 }, big);
    expect(norms[0]).toBeCloseTo(13, 6);
    expect(state.m[0]?.[0]).toBeCloseTo((0.1 * 3) / 13, 6);
    expect(state.m[2]?.[0]).toBeCloseTo((0.1 * 12) / 13, 6);
    expect(updated({ max_grad_norm: 20 }, big).state.m[2]?.[0]).toBeCloseTo(1.2, 6);
  });

  test('decay acts on matrices only, decoupled from the gradient', () => {
    const { data } = updated({ weight_decay: 0.5 }, gradients(0, 0, 0, 0, 0, 0));
    expect(data.map((x) => Number(x.toFixed(6)))).toEqual([0.95, 0.95, 1, 1, 0.95, 0.95]);
  });

  test('the vision factor scales the vision tower alone', () => {
    const { data } = updated({ vision_learning_rate_factor: 3 }, gradients(1, 1, 1, 1, 1, 1));
    expect(data.map((x) => Number(x.toFixed(5)))).toEqual([0.9, 0.9, 0.9, 0.9, 0.7, 0.7]);
  });

  test('a frozen tower keeps weights and moments to the bit and counts in no norm', () => {
    const { data, state, norms } = updated({ freeze_vision: true, weight_decay: 0.5 }, gradients(3, 0, 0, 4, 12, 5));
    expect(data.slice(4)).toEqual([1, 1]);
    expect([...(state.m[2] ?? []), ...(state.v[2] ?? [])]).toEqual([0, 0, 0, 0]);
    expect(norms[0]).toBeCloseTo(5, 6);
    expect(data[0]).not.toBe(1);
  });
});

describe('learningRate', () => {
  const training = (more: Record<string, unknown>) =>
    rlvrTrainingSchema.parse({ steps: 101, learning_rate: 2, ...more });
  test.each([
    ['warm-up is linear', { warmup_steps: 10, schedule: { kind: 'constant' } }, [0.2, 1, 2, 2, 2]],
    ['no warm-up', { warmup_steps: 0, schedule: { kind: 'constant' } }, [2, 2, 2, 2, 2]],
    [
      'linear to its final factor',
      { warmup_steps: 0, schedule: { kind: 'linear', final: 0.2 } },
      [2, 1.936, 1.856, 1.2, 0.4],
    ],
    [
      'cosine to its final factor',
      { warmup_steps: 0, schedule: { kind: 'cosine', final: 0.5 } },
      [2, 1.996, 1.98, 1.5, 1],
    ],
  ])('%s', (_, more, want) => {
    const rates = [1, 5, 10, 51, 101].map((step) => learningRate(training(more), step));
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(want[i] ?? NaN, 3);
  });

  test('a single step has a rate', () => {
    expect(learningRate(sftTrainingSchema.parse({ steps: 1, learning_rate: 2, warmup_steps: 0 }), 1)).toBe(2);
  });
});

describe('advantages', () => {
  test('groups are normalised by their own mean and sample deviation', () => {
    const advantages = groupAdvantages([1, 0, 0, 0, 1, 1, 0, 0], 4);
    // mean 0.25, std 0.5; mean 0.5, std sqrt(1/3)
    const [std1, std2] = [0.5 + 1e-4, Math.sqrt(1 / 3) + 1e-4];
    const want = [
      0.75 / std1,
      -0.25 / std1,
      -0.25 / std1,
      -0.25 / std1,
      0.5 / std2,
      0.5 / std2,
      -0.5 / std2,
      -0.5 / std2,
    ];
    for (const [i, a] of advantages.entries()) expect(a).toBeCloseTo(want[i] ?? NaN, 6);
  });

  test('equal rewards give exactly no advantage, whatever rounding does to their mean', () => {
    for (const reward of [0, 0.1, 0.9 + 0.1, 1 / 3])
      expect([...groupAdvantages(Array<number>(7).fill(reward), 7)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test('mixed groups are counted', () => {
    expect(mixedGroups([1, 1, 0, 0.1, 0, 0], 2)).toBeCloseTo(1 / 3, 12);
  });

  test('the mask ends with the first <eos>; without one the row counts whole', () => {
    const response = Int32Array.from([5, 9, 7, 9, 9, 1, 2, 3, 4, 5, 5, 6]);
    expect([...responseMask(response, 4, 9)]).toEqual([1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
  });
});
