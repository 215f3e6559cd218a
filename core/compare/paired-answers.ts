/**
 * Two runs' graded answers to the same questions, side by side. Only the same rows can be compared: what differs is refused, never
 * left out silently. Questions about one image, and a question that stands twice, count as one cluster.
 */
import type { GradedAnswer } from '../evaluation.js';
import { StagewrightError } from '../failures.js';
import type { Row } from '../row.js';

export interface AnswerPair {
  readonly row: Row;
  readonly a: GradedAnswer;
  readonly b: GradedAnswer;
  /** Its images, or its words where it has none. */
  readonly cluster: string;
}
export interface PairedAnswers {
  readonly pairs: readonly AnswerPair[];
  /** Ids of rows whose question, images and answer stand earlier in the set as well. */
  readonly duplicates: readonly string[];
}

/** In the rows' order. @throws StagewrightError DataInvalid when either run lacks an answer, or has one to another question */
export function pairAnswers(
  rows: readonly Row[],
  a: readonly GradedAnswer[],
  b: readonly GradedAnswer[],
  set: string,
): PairedAnswers {
  const [ofA, ofB] = [byId(a, 'A', set), byId(b, 'B', set)];
  const known = new Set(rows.map((row) => row.id));
  const strange = [...ofA.keys(), ...ofB.keys()].filter((id) => !known.has(id));
  const missing = rows.filter(({ id }) => !ofA.has(id) || !ofB.has(id)).map(({ id }) => id);
  if (strange.length + missing.length > 0)
    throw new StagewrightError(
      'DataInvalid',
      `set ${set}: the runs did not answer the same ${rows.length} questions (${counted(missing, 'unanswered')}, ${counted(strange, 'of no row')}); evaluate both on the same set`,
    );
  const seen = new Set<string>();
  const duplicates: string[] = [];
  const pairs = rows.flatMap((row): AnswerPair[] => {
    const [mine, other] = [ofA.get(row.id), ofB.get(row.id)];
    if (mine === undefined || other === undefined) return [];
    const content = JSON.stringify([row.problem, row.images, row.answer]);
    if (seen.has(content)) duplicates.push(row.id);
    seen.add(content);
    const cluster = row.images.length === 0 ? `words ${row.problem}` : `images ${row.images.join(' ')}`;
    return [{ row, a: mine, b: other, cluster }];
  });
  return { pairs, duplicates };
}

function byId(answers: readonly GradedAnswer[], run: string, set: string): Map<string, GradedAnswer> {
  const found = new Map(answers.map((answer) => [answer.id, answer]));
  if (found.size === answers.length) return found;
  throw new StagewrightError(
    'DataInvalid',
    `set ${set}: run ${run} answered ${answers.length - found.size} questions more than once; evaluate it again`,
  );
}

const counted = (ids: readonly string[], what: string): string =>
  `${ids.length} ${what}${ids.length === 0 ? '' : `, e.g. ${ids[0] ?? ''}`}`;
