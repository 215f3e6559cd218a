/**
 * The passes over its input that a derived set is made in, and the models that they ask. One pass is one model asked one way, so
 * that each of its shards stands by itself. From the derivation alone: recipes' names of models are no part of a set.
 */
import { assertNever } from '../assert-never.js';
import { canonicalJson } from '../canonical-json.js';
import type { DerivedDerivation } from '../data-source.js';
import type { GeneratorIdentity } from '../generators.js';

export const SHARD_ROWS = 256;

export interface Phase {
  /** Names its folder of results. */
  readonly name: string;
  readonly asked: 'synthesis' | 'image' | 'caption' | 'sample';
  /** Of `modelsOf`. */
  readonly model: number;
  /** Of the set's inputs: whose rows it goes over. */
  readonly input: number;
  /** To the model, for each row, at least. */
  readonly questions: number;
}

export function phasesOf(derivation: DerivedDerivation): Phase[] {
  switch (derivation.generator) {
    case 'synthesis':
      return [{ name: 'synthesis', asked: 'synthesis', model: 0, input: 0, questions: 1 }];
    case 'filter': {
      const models = modelsOf(derivation);
      const side = (asked: 'image' | 'caption', identities: readonly GeneratorIdentity[]): Phase[] =>
        distinct(identities).map((identity) => {
          const model = indexOf(models, identity);
          return { name: `${asked}-${model}`, asked, model, input: 0, questions: 1 };
        });
      return [...side('image', derivation.image_only), ...side('caption', derivation.caption_only)];
    }
    case 'difficulty':
      return [{ name: 'samples', asked: 'sample', model: 0, input: 0, questions: derivation.samples }];
    case 'overlap':
      // No model is asked: it is made at once.
      return [];
    default:
      return assertNever(derivation);
  }
}

/** Each once, in the order in which the derivation names them. */
export function modelsOf(derivation: DerivedDerivation): GeneratorIdentity[] {
  switch (derivation.generator) {
    case 'synthesis':
    case 'difficulty':
      return [derivation.by];
    case 'filter':
      return distinct([...derivation.image_only, ...derivation.caption_only]);
    case 'overlap':
      return [];
    default:
      return assertNever(derivation);
  }
}

export function sameModel(a: GeneratorIdentity, b: GeneratorIdentity): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** As people know it: a model and its revision, or the stage's key. */
export function modelWords(identity: GeneratorIdentity): string {
  switch (identity.kind) {
    case 'endpoint':
      return `${identity.model}@${identity.revision}`;
    case 'onnx':
      return `onnx@${identity.weights.slice(0, 12)}`;
    case 'template':
      return `template@${identity.version}`;
    default:
      return assertNever(identity);
  }
}

function distinct(identities: readonly GeneratorIdentity[]): GeneratorIdentity[] {
  return identities.filter((one, i) => indexOf(identities, one) === i);
}

function indexOf(identities: readonly GeneratorIdentity[], identity: GeneratorIdentity): number {
  return identities.findIndex((other) => sameModel(other, identity));
}
