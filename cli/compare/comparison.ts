/** Two runs compared: settings that differ, and for each set that both were evaluated on the differences and the questions that changed. */
import { differences, type Difference } from '../../core/compare/differences.js';
import { pairAnswers, type AnswerPair } from '../../core/compare/paired-answers.js';
import { settingDifferences, type SettingDifference } from '../../core/compare/settings.js';
import { StagewrightError } from '../../core/failures.js';
import type { PlannedEvaluation } from '../../core/plan.js';
import type { Store } from '../../store/store.js';
import { readAnswers, readRows } from '../report/results.js';
import type { ComparedRun } from './run-argument.js';

export interface ComparedSet {
  readonly name: string;
  readonly key: string;
  readonly items: number;
  /** Images or texts that questions share. */
  readonly clusters: number;
  readonly duplicates: readonly string[];
  readonly differences: readonly Difference[];
  /** Right in A and wrong in B, and the other way round, in the set's order. */
  readonly lost: readonly AnswerPair[];
  readonly gained: readonly AnswerPair[];
}
export interface ComparedRuns {
  readonly a: string;
  readonly b: string;
  readonly settings: readonly SettingDifference[];
  readonly sets: readonly ComparedSet[];
  /** Sets that only one of them was evaluated on, with the reason. */
  readonly left_out: readonly string[];
}

/** @throws StagewrightError DataInvalid when they share no evaluated set, or did not answer the same questions */
export async function compareRuns(store: Store, a: ComparedRun, b: ComparedRun): Promise<ComparedRuns> {
  const sets: ComparedSet[] = [];
  const left_out: string[] = [];
  for (const name of new Set([...a.evaluations, ...b.evaluations].map((of) => of.data.name))) {
    const [mine, other] = [a, b].map((run) => run.evaluations.find((of) => of.data.name === name));
    if (mine === undefined || other === undefined)
      left_out.push(`${name}: only ${mine === undefined ? 'B' : 'A'} was evaluated on it`);
    else if (mine.data.key !== other.data.key) left_out.push(`${name}: the runs' sets of this name hold other rows`);
    else if (mine.verifier?.name !== other.verifier?.name)
      left_out.push(`${name}: graded by ${mine.verifier?.name ?? '?'} in A and by ${other.verifier?.name ?? '?'} in B`);
    else sets.push(await compareSet(store, mine, other));
  }
  if (sets.length === 0)
    throw new StagewrightError(
      'DataInvalid',
      `${a.name} and ${b.name} cannot be compared: ${left_out.join('; ') || 'neither was evaluated'}`,
    );
  return { a: a.name, b: b.name, settings: settingDifferences(a.stages, b.stages), sets, left_out };
}

async function compareSet(store: Store, a: PlannedEvaluation, b: PlannedEvaluation): Promise<ComparedSet> {
  const { name, key } = a.data;
  const [rows, ofA, ofB] = await Promise.all([
    readRows(store, key),
    readAnswers(store, a.key),
    readAnswers(store, b.key),
  ]);
  const { pairs, duplicates } = pairAnswers(rows, ofA, ofB, name);
  return {
    name,
    key,
    items: pairs.length,
    clusters: new Set(pairs.map(({ cluster }) => cluster)).size,
    duplicates,
    differences: differences(pairs),
    lost: pairs.filter((pair) => pair.a.correct && !pair.b.correct),
    gained: pairs.filter((pair) => !pair.a.correct && pair.b.correct),
  };
}
