/** Accuracies as a table of cells: rows are kinds of questions within capabilities, columns are models. Pure; text and HTML are made from it. */
import type { EvaluationSummary } from '../../core/evaluation.js';
import { wilsonInterval } from '../../core/wilson.js';
import type { RecipeResults } from './results.js';

export interface Cell {
  readonly correct: number;
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}
export interface AccuracyRow {
  readonly label: string;
  /** 0: a capability, 1: a kind within it. */
  readonly level: 0 | 1;
  /** Null where the column has no evaluation yet. */
  readonly cells: readonly (Cell | null)[];
}
export interface AccuracyTable {
  readonly data: string;
  readonly columns: readonly string[];
  readonly rows: readonly AccuracyRow[];
  /** By digit read and by answer letter: shows a model that is blind to one digit or always answers "A". */
  readonly details: readonly AccuracyRow[];
  /** Mean tokens of an answer, by kind and over all; null where the column has none. */
  readonly lengths: readonly {
    readonly label: string;
    readonly n: number;
    readonly means: readonly (number | null)[];
  }[];
}

interface Column {
  readonly name: string;
  readonly summary: EvaluationSummary | null;
}

/** One table for each held-out data set: the recipe's stages side by side. */
export function accuracyByStage({ stages }: RecipeResults, kinds: KindCapabilities): AccuracyTable[] {
  const data = [...new Set(stages.flatMap((s) => s.evaluations.map((e) => e.evaluation.data.name)))];
  return data.map((name) => {
    const columns = stages.flatMap(({ stage, evaluations }) =>
      evaluations.filter((e) => e.evaluation.data.name === name).map((e) => ({ name: stage.name, summary: e.summary })),
    );
    return table(name, columns, kinds);
  });
}

/** The recipes' last evaluated stages beside the first one's first: what was reached from the same base. */
export function accuracyByRecipe(recipes: readonly RecipeResults[], kinds: KindCapabilities): AccuracyTable[] {
  const first = recipes[0]?.stages[0];
  if (first === undefined) return [];
  return first.evaluations.map(({ evaluation, summary }) => {
    const ends = recipes.map(({ plan, stages }) => {
      const evaluated = stages
        .flatMap((s) => s.evaluations)
        .filter((e) => e.evaluation.data.key === evaluation.data.key);
      return { name: plan.recipe, summary: evaluated.at(-1)?.summary ?? null };
    });
    return table(evaluation.data.name, [{ name: first.stage.name, summary }, ...ends], kinds);
  });
}

/** Capability of each kind, as the answers say. */
export type KindCapabilities = ReadonlyMap<string, string>;

function table(data: string, columns: readonly Column[], kinds: KindCapabilities): AccuracyTable {
  const capabilities = union(columns, (s) => Object.keys(s.by_capability));
  const allKinds = union(columns, (s) => Object.keys(s.by_kind));
  const rows = capabilities.flatMap((capability): AccuracyRow[] => {
    const its = allKinds.filter((kind) => kinds.get(kind) === capability);
    const total: AccuracyRow = {
      label: capability,
      level: 0,
      cells: columns.map((c) => cell(c.summary?.by_capability[capability])),
    };
    // A capability of one kind needs no second row that says the same.
    if (its.length < 2) return [total];
    return [
      total,
      ...its.map((kind): AccuracyRow => ({
        label: kind,
        level: 1,
        cells: columns.map((c) => cell(c.summary?.by_kind[kind])),
      })),
    ];
  });
  const details = [
    ...detail('digits read in visual traces', columns, (s) => s.by_digit),
    ...detail('multiple choice, by right letter', columns, (s) => s.by_letter),
    ...detail('answers that could not be graded', columns, ungradable, (s) => ({ n: s.n, correct: s.ungradable ?? 0 })),
  ];
  return { data, columns: columns.map((c) => c.name), rows, details, lengths: lengths(columns, allKinds) };
}

function lengths(columns: readonly Column[], kinds: readonly string[]): AccuracyTable['lengths'] {
  const row = (label: string, of: readonly string[]): AccuracyTable['lengths'][number] => {
    const sums = columns.map(({ summary }) =>
      of.reduce(
        (sum, kind) => {
          const tally = summary?.by_kind[kind];
          return tally === undefined ? sum : { n: sum.n + tally.n, tokens: sum.tokens + tally.tokens };
        },
        { n: 0, tokens: 0 },
      ),
    );
    return {
      label,
      n: sums.find(({ n }) => n > 0)?.n ?? 0,
      means: sums.map(({ n, tokens }) => (n === 0 ? null : tokens / n)),
    };
  };
  return kinds.length === 0 ? [] : [row('all', kinds), ...kinds.map((kind) => row(kind, [kind]))];
}

type Tallies = EvaluationSummary['by_digit'];

/** Counted apart, not among the wrong; none where none was seen. */
function ungradable({ n, ungradable: count = 0, by_reason }: EvaluationSummary): Tallies {
  const counts = by_reason ?? (count === 0 ? {} : { 'of all': count });
  return Object.fromEntries(Object.entries(counts).map(([reason, correct]) => [reason, { n, correct }]));
}

type Tally = Tallies[string];
const sumOf = (tallies: Tallies): Tally =>
  Object.values(tallies).reduce((a, b) => ({ n: a.n + b.n, correct: a.correct + b.correct }), { n: 0, correct: 0 });

function detail(
  label: string,
  columns: readonly Column[],
  of: (summary: EvaluationSummary) => Tallies,
  whole: (summary: EvaluationSummary) => Tally = (summary) => sumOf(of(summary)),
): AccuracyRow[] {
  const names = [
    ...new Set(columns.flatMap(({ summary }) => (summary === null ? [] : Object.keys(of(summary))))),
  ].sort();
  if (names.length === 0) return [];
  return [
    { label, level: 0, cells: columns.map((c) => cell(c.summary === null ? undefined : whole(c.summary))) },
    ...names.map((name): AccuracyRow => ({
      label: name,
      level: 1,
      cells: columns.map((c) => cell(c.summary === null ? undefined : of(c.summary)[name])),
    })),
  ];
}

function cell(tally: { readonly n: number; readonly correct: number } | undefined): Cell | null {
  if (tally === undefined || tally.n === 0) return null;
  const [low, high] = wilsonInterval(tally.correct, tally.n);
  return { correct: tally.correct, n: tally.n, share: tally.correct / tally.n, low, high };
}

const ORDER = ['perception', 'caption_reading', 'textual_reasoning', 'visual_reasoning', 'captioning'];

/** Known capabilities in the curriculum's order, others by name. */
function union(columns: readonly Column[], keys: (summary: EvaluationSummary) => readonly string[]): string[] {
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const all = new Set(columns.flatMap(({ summary }) => (summary === null ? [] : keys(summary))));
  return [...all].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
