/** A model's weights as named float32 tensors that live as long as the process: the optimizer writes into them in place. */
import { Tensor } from 'onnxruntime-node';
import { StagewrightError, type FailureType } from '../../core/failures.js';
import type { ParameterSpec } from './model-folder.js';
import { derivedGenerator, fillNormal } from './random.js';
import type { StoredTensor } from './safetensors.js';

export interface Parameter {
  readonly spec: ParameterSpec;
  readonly data: Float32Array;
  /** Over the same memory as `data`. */
  readonly tensor: Tensor;
}
export type Parameters = readonly Parameter[];

export const countOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

function parameter(spec: ParameterSpec, data: Float32Array): Parameter {
  return { spec, data, tensor: new Tensor('float32', data, spec.shape) };
}

/** From scratch: each weight by a generator of its own name, so that adding one leaves the others as they are. */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): Parameter[] {
  return specs.map((spec) => {
    const data = new Float32Array(countOf(spec.shape));
    if (spec.init.kind === 'ones') data.fill(1);
    if (spec.init.kind === 'normal') fillNormal(data, spec.init.std, derivedGenerator(seed, `init/${spec.name}`, 0));
    return parameter(spec, data);
  });
}

/**
 * @throws StagewrightError of `type` when the file lacks a weight of the model or has it in another shape.
 */
export function parametersFrom(
  specs: readonly ParameterSpec[],
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
  type: FailureType = 'DigestMismatch',
): Parameter[] {
  return specs.map((spec) => parameter(spec, floatsOf(stored, spec.name, spec.shape, where, type)));
}

export function floatsOf(
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  shape: readonly number[],
  where: string,
  type: FailureType,
): Float32Array {
  const found = stored.get(name);
  if (found?.dtype !== 'F32' || found.shape.join() !== shape.join())
    throw new StagewrightError(
      type,
      `${where}: tensor ${name} ${found === undefined ? 'is missing' : `is ${found.dtype} [${found.shape.join(', ')}]`}; the model wants F32 [${shape.join(', ')}]`,
      { file: where, tensor: name },
    );
  return found.data;
}

export function storeParameters(parameters: Parameters): Map<string, StoredTensor> {
  return new Map(parameters.map(({ spec, data }) => [spec.name, { dtype: 'F32', shape: spec.shape, data }]));
}

export function copyParameters(parameters: Parameters): Parameter[] {
  return parameters.map(({ spec, data }) => parameter(spec, data.slice()));
}
