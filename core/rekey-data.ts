/**
 * A planned data set after stages got other keys: what their weights answered is another set, and so is all that is made of it. Pure;
 * versions and digests stay what they were.
 */
import { assertNever } from './assert-never.js';
import { dataKey, isDerived, type DerivedDerivation, type PartDerivation } from './data-source.js';
import { StagewrightError } from './failures.js';
import type { GeneratorIdentity, PlannedGenerator } from './generators.js';
import type { PlannedData } from './plan.js';

/** @param moved old key of a stage -> its new one; @returns the same object where nothing changes */
export function rekeyData(data: PlannedData, moved: ReadonlyMap<string, string>): PlannedData {
  const parts = data.parts?.map((part) => rekeyData(part, moved));
  const inputs = data.inputs?.map((input) => rekeyData(input, moved));
  const generators = data.generators?.map((one) => rekeyGenerator(one, moved));
  // Never by its key: that of a plan of another version might be made otherwise here.
  const same = unchanged(parts, data.parts) && unchanged(inputs, data.inputs) && unchanged(generators, data.generators);
  if (same) return data;
  const derivation = rekeyDerivation(data, { parts, inputs, moved });
  return {
    ...data,
    key: dataKey(derivation),
    derivation,
    ...(parts === undefined ? {} : { parts }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(generators === undefined ? {} : { generators }),
  };
}

function unchanged<T>(now: readonly T[] | undefined, before: readonly T[] | undefined): boolean {
  return now === undefined || now.every((one, i) => one === before?.[i]);
}

interface Changed {
  readonly parts: readonly PlannedData[] | undefined;
  readonly inputs: readonly PlannedData[] | undefined;
  readonly moved: ReadonlyMap<string, string>;
}

function rekeyDerivation({ derivation, name }: PlannedData, changed: Changed): PlannedData['derivation'] {
  const { parts, inputs = [], moved } = changed;
  if (derivation.generator === 'union') {
    if (parts === undefined) return derivation;
    return { generator: 'union', of: parts.map((part) => partOf(part)) };
  }
  if (!isDerived(derivation)) return derivation;
  const keys = inputs.map(({ key }) => key);
  return made(derivation, name, keys, (identity) => rekeyIdentity(identity, moved));
}

function partOf({ derivation, name }: PlannedData): PartDerivation {
  if (derivation.generator === 'union')
    throw new StagewrightError('Internal', `data ${name}: a union cannot be part of another`);
  return derivation;
}

function made(
  derivation: DerivedDerivation,
  name: string,
  keys: readonly string[],
  identity: (old: GeneratorIdentity) => GeneratorIdentity,
): DerivedDerivation {
  const [first, ...others] = keys;
  if (first === undefined) throw new StagewrightError('Internal', `data ${name}: its inputs are not planned`);
  switch (derivation.generator) {
    case 'synthesis':
      return { ...derivation, captions: first, by: identity(derivation.by) };
    case 'filter':
      return {
        ...derivation,
        of: first,
        image_only: derivation.image_only.map(identity),
        caption_only: derivation.caption_only.map(identity),
      };
    case 'difficulty':
      return { ...derivation, of: first, by: identity(derivation.by) };
    case 'overlap':
      return { ...derivation, of: first, benchmarks: others };
    default:
      return assertNever(derivation);
  }
}

function rekeyGenerator(generator: PlannedGenerator, moved: ReadonlyMap<string, string>): PlannedGenerator {
  const identity = rekeyIdentity(generator.identity, moved);
  return identity === generator.identity ? generator : { ...generator, identity };
}

function rekeyIdentity(identity: GeneratorIdentity, moved: ReadonlyMap<string, string>): GeneratorIdentity {
  const weights = identity.kind === 'onnx' ? moved.get(identity.weights) : undefined;
  return identity.kind !== 'onnx' || weights === undefined ? identity : { ...identity, weights };
}
