/** Which verifier grades the samples of a model: planned, and part of the key of a scored set. Grading is difficulty.ts's. */
import { DIGITS_VERIFIER } from '../digits/grade.js';
import type { GeneratorIdentity } from '../generators.js';
import { VERIFIER_VERSION } from '../verify/contract.js';

/** The embedded model's answers have a form of their own; all others are the verifier `math`'s. */
export function gradedBy(by: GeneratorIdentity): { name: string; version: number } {
  return by.kind === 'onnx' ? { ...DIGITS_VERIFIER } : { name: 'math', version: VERIFIER_VERSION };
}
