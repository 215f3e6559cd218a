/**
 * The funnel's tables in docs/results.md, as text: printed from models/funnel.jsonl (`npm run funnel` writes it), so that no figure
 * stands in the page that no row holds.
 */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const beforeAfter = z.strictObject({ n: count, before: share, after: share });
const heldout = z.strictObject({ perception: share, textual: share, visual: share });

/** One seed. */
export const funnelRowSchema = z.strictObject({
  seed: z.int(),
  captions: count,
  questions: count,
  /** Of the questions: no usable answer, so nobody can tell. */
  unknown: count,
  /** A model that sees the image alone is right. */
  seen: count,
  /** None of them, but a model that reads the caption alone is wrong. */
  not_from_caption: count,
  kept: count,
  /** Of those kept, by the base's pass rate; `unrated`: a sample without a usable answer. */
  saturated: count,
  hopeless: count,
  unrated: count,
  /** Of those kept, in the stage's data; and questions as they come beside them. */
  trained: count,
  trained_unfiltered: count,
  /** Greedy accuracy of the base, and of the stage trained on them: on what survived, on as many questions drawn at random. */
  survivors: beforeAfter,
  random: beforeAfter,
  /** The same on held-out questions that both models of the filter got wrong: images that no stage trained on. */
  heldout_unseen: beforeAfter,
  heldout: z.strictObject({ base: heldout, perception: heldout, visual: heldout }),
});
export type FunnelRow = z.infer<typeof funnelRowSchema>;

export const FUNNEL_BEGIN = '<!-- funnel: printed from models/funnel.jsonl (npm run docs) -->';
export const FUNNEL_END = '<!-- end of funnel -->';

/** @throws ZodError, or SyntaxError for a line that is no JSON */
export function readFunnelRows(text: string): FunnelRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => funnelRowSchema.parse(JSON.parse(line)));
}

export function funnelTables(rows: readonly FunnelRow[]): string {
  return [
    table(
      [
        'seed',
        'captions',
        'questions',
        'unknown',
        'an image is enough',
        'a caption is not',
        'kept',
        'saturated',
        'hopeless',
        'trained on',
        'beside them, unfiltered',
      ],
      rows.map((row) => [
        row.seed,
        row.captions,
        row.questions,
        row.unknown,
        row.seen,
        row.not_from_caption,
        row.kept,
        row.saturated,
        row.hopeless,
        row.trained,
        row.trained_unfiltered,
      ]),
    ),
    table(
      [
        'seed',
        'what survived: before, after stage 1',
        'as many at random',
        'held out, both wrong',
        'held out: base',
        'after perception',
        'at the end',
      ],
      [
        ...rows.map((row) => [
          row.seed,
          change(row.survivors),
          change(row.random),
          `${change(row.heldout_unseen)} (${row.heldout_unseen.n})`,
          ...[row.heldout.base, row.heldout.perception, row.heldout.visual].map(three),
        ]),
        [
          '**mean**',
          ...(['survivors', 'random', 'heldout_unseen'] as const).map((name) =>
            change({
              before: mean(rows.map((row) => row[name].before)),
              after: mean(rows.map((row) => row[name].after)),
            }),
          ),
          ...(['base', 'perception', 'visual'] as const).map((at) =>
            three({
              perception: mean(rows.map((row) => row.heldout[at].perception)),
              textual: mean(rows.map((row) => row.heldout[at].textual)),
              visual: mean(rows.map((row) => row.heldout[at].visual)),
            }),
          ),
        ],
      ],
    ),
  ].join('\n\n');
}

/** @throws Error when the page has lost the marks. */
export function withFunnelTables(page: string, rows: readonly FunnelRow[]): string {
  const begin = page.indexOf(FUNNEL_BEGIN);
  const end = page.indexOf(FUNNEL_END);
  if (begin < 0 || end < begin) throw new Error(`docs/results.md: no lines "${FUNNEL_BEGIN}" and "${FUNNEL_END}"`);
  return `${page.slice(0, begin)}${FUNNEL_BEGIN}\n\n${funnelTables(rows)}\n\n${page.slice(end)}`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const change = ({ before, after }: { readonly before: number; readonly after: number }): string =>
  `${before.toFixed(3)} → ${after.toFixed(3)}`;
const three = ({ perception, textual, visual }: z.infer<typeof heldout>): string =>
  [perception, textual, visual].map((value) => value.toFixed(3)).join(' / ');
