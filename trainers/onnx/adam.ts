/**
 * AdamW (arXiv 1711.05101) with gradient clipping by global norm. Plain loops: the embedded model is small, and sums in a fixed
 * order give the same bytes on every machine. Frozen weights are left out altogether: weight, moments and norm.
 */
import type { RlvrTraining, SftTraining } from '../../core/training.js';
import type { ParameterSpec } from './model-folder.js';
import { countOf, type Parameters } from './parameters.js';

const EPSILON = 1e-8;
/** Keeps the clip factor finite, as torch.nn.utils.clip_grad_norm_. */
const NORM_FLOOR = 1e-6;

export type AdamSettings = Pick<
  SftTraining | RlvrTraining,
  'adam_beta1' | 'adam_beta2' | 'weight_decay' | 'max_grad_norm' | 'freeze_vision' | 'vision_learning_rate_factor'
>;

export interface AdamState {
  /** First and second moments, in the order of the parameters. */
  readonly m: readonly Float32Array[];
  readonly v: readonly Float32Array[];
  /** Updates done. */
  t: number;
}

export function freshAdam(specs: readonly ParameterSpec[]): AdamState {
  const zeros = (): Float32Array[] => specs.map((spec) => new Float32Array(countOf(spec.shape)));
  return { m: zeros(), v: zeros(), t: 0 };
}

/**
 * One update, in place.
 * @param gradients in the order of the parameters; left as they are.
 * @returns the global L2 norm before clipping.
 */
export function adamStep(
  parameters: Parameters,
  gradients: readonly Float32Array[],
  state: AdamState,
  settings: AdamSettings,
  learningRate: number,
): number {
  const trained = parameters.map(({ spec }) => !(settings.freeze_vision && spec.group === 'vision'));
  const norm = globalNorm(gradients.filter((_, i) => trained[i]));
  const clip = Math.min(1, settings.max_grad_norm / (norm + NORM_FLOOR));
  state.t += 1;
  const { adam_beta1: b1, adam_beta2: b2 } = settings;
  const [unbias1, unbias2] = [1 - b1 ** state.t, 1 - b2 ** state.t];
  for (const [i, { spec, data }] of parameters.entries()) {
    const [g, m, v] = [gradients[i], state.m[i], state.v[i]];
    if (!trained[i] || g === undefined || m === undefined || v === undefined) continue;
    const rate = learningRate * (spec.group === 'vision' ? settings.vision_learning_rate_factor : 1);
    const decay = spec.shape.length > 1 ? settings.weight_decay : 0;
    for (let k = 0; k < data.length; k++) {
      const gradient = (g[k] as number) * clip;
      const m1 = b1 * (m[k] as number) + (1 - b1) * gradient;
      const v1 = b2 * (v[k] as number) + (1 - b2) * gradient * gradient;
      m[k] = m1;
      v[k] = v1;
      const weight = data[k] as number;
      data[k] = weight - rate * (m1 / unbias1 / (Math.sqrt(v1 / unbias2) + EPSILON) + decay * weight);
    }
  }
  return norm;
}

function globalNorm(gradients: readonly Float32Array[]): number {
  let squares = 0;
  for (const g of gradients) for (let k = 0; k < g.length; k++) squares += (g[k] as number) ** 2;
  return Math.sqrt(squares);
}
