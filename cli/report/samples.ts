/** Sample questions for a report: which are shown, and what the model answered after each stage. Chosen by rule, never by hand. */
import type { GradedAnswer } from '../../core/evaluation.js';
import type { Row } from '../../core/row.js';
import type { Store } from '../../store/store.js';
import { readAnswers, readRows, type RecipeResults } from './results.js';
import { join } from 'node:path';

export interface Sample {
  readonly row: Row;
  /** Absolute path of its first image. */
  readonly image: string | null;
  /** After each evaluated stage, in order. */
  readonly answers: readonly { readonly stage: string; readonly answer: GradedAnswer }[];
}

/** Of the questions with an image: learnt (first wrong, last right), lost, still wrong, right throughout. */
const WANTED = [
  { learnt: 5, lost: 1, wrong: 3, right: 1 },
  { learnt: 2, lost: 1, wrong: 1, right: 0 },
] as const;
const CAPABILITIES = ['visual_reasoning', 'perception'] as const;

type Course = keyof (typeof WANTED)[number];

export async function readSamples(store: Store, results: RecipeResults): Promise<Sample[]> {
  const evaluations = results.stages.flatMap(({ evaluations: its }) =>
    its.filter((e) => e.summary !== null).map((e) => e.evaluation),
  );
  const data = evaluations[0]?.data;
  if (data === undefined) return [];
  const mine = evaluations.filter((e) => e.data.key === data.key);
  const rows = await readRows(store, data.key);
  const folder = await store.findData(data.key);
  if (folder === null) return [];
  const answers = await Promise.all(
    mine.map(async (e) => ({ stage: e.stage, byId: new Map((await readAnswers(store, e.key)).map((a) => [a.id, a])) })),
  );
  return CAPABILITIES.flatMap((capability, i) => {
    const samples = rows
      .filter((row) => row.capability === capability && row.images.length > 0)
      .map((row) => sampleOf(row, answers, folder));
    return choose(samples, WANTED[i] ?? WANTED[0]);
  });
}

function sampleOf(
  row: Row,
  answers: readonly { stage: string; byId: ReadonlyMap<string, GradedAnswer> }[],
  folder: string,
): Sample {
  const [image] = row.images;
  return {
    row,
    image: image === undefined ? null : join(folder, image),
    answers: answers.flatMap(({ stage, byId }) => {
      const answer = byId.get(row.id);
      return answer === undefined ? [] : [{ stage, answer }];
    }),
  };
}

/** The first of each course in the data's order. */
function choose(samples: readonly Sample[], wanted: Readonly<Record<Course, number>>): Sample[] {
  return (Object.keys(wanted) as Course[]).flatMap((course) =>
    samples.filter((s) => courseOf(s) === course).slice(0, wanted[course]),
  );
}

export function courseOf({ answers }: Sample): Course {
  const first = answers[0]?.answer.correct === true;
  const last = answers.at(-1)?.answer.correct === true;
  if (last) return first ? 'right' : 'learnt';
  return first ? 'lost' : 'wrong';
}
