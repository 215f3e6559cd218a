/**
 * Grades what the embedded model answered to a row, in words, by the verifier that a plan names: rewards of its training and its
 * evaluation come from here. `digits` compares the words themselves; all others read them as a text.
 */
import { gradeResponse } from '../digits/grade.js';
import { resultOf } from '../digits/verifier.js';
import { END } from '../digits/vocabulary.js';
import { StagewrightError } from '../failures.js';
import type { Row } from '../row.js';
import type { Item, Result } from './contract.js';
import { hasForm, isVerifierName, VERIFIER_VERSIONS, verifierNamed } from './verifiers.js';
import { answerOf } from './verify.js';

export interface VerifierIdentity {
  readonly name: string;
  readonly version: number;
}

export interface RowGrade {
  readonly result: Result;
  /** Whether the response has the form that the reward asks for. */
  readonly format: boolean;
  /** What the response was read to answer; null where nothing was found. */
  readonly answer: string | null;
  /** Words of the trace. */
  readonly trace: readonly string[];
}
/** @param words a response as decodeResponse gives it, with its `<eos>` if it ended. */
export type RowGrader = (row: Pick<Row, 'kind' | 'answer' | 'options'>, words: readonly string[]) => RowGrade;

/** @throws StagewrightError UnknownName; RecipeInvalid for a version that is not installed, which would grade otherwise. */
export function rowGrader({ name, version }: VerifierIdentity): RowGrader {
  const verifier = verifierNamed(name);
  const installed = isVerifierName(name) ? VERIFIER_VERSIONS[name] : version;
  if (installed !== version)
    throw new StagewrightError(
      'RecipeInvalid',
      `the plan names verifier ${name} ${version}; this installation has ${name} ${installed}: plan the recipe again`,
      { name, version, installed },
    );
  if (name === 'digits')
    return (row, words) => {
      const grade = gradeResponse(row, words);
      return { result: resultOf(grade), format: grade.format, answer: grade.answer, trace: grade.trace };
    };
  return (row, words) => {
    const item = itemOf(row, textOf(words));
    const format = hasForm(item.pred);
    return { result: verifier(item), format, answer: answerOf(item.pred), trace: gradeResponse(row, words).trace };
  };
}

export const itemOf = (row: Pick<Row, 'answer' | 'options'>, pred: string): Item => {
  return { gold: row.answer, pred, choices: row.options };
};

/** What comes before the first `<eos>`. */
function textOf(words: readonly string[]): string {
  const end = words.indexOf(END);
  return (end < 0 ? words : words.slice(0, end)).join(' ');
}
