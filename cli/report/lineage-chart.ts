/**
 * The lineage of the weights as a picture: a column for each stage, a bar for each attempt, arrows where weights go from one to
 * the next. What counts is in the stage's colour; overtaken tails are grey.
 */
import * as Plot from '@observablehq/plot';
import type { Html } from './html.js';
import type { Attempt, StageResults } from './results.js';
import type { Slot } from './slots.js';
import { originWords } from './origin.js';
import { colorOf, fitText, svg, TAIL } from './svg.js';

const COLUMN = 230;
const ROW = 26;
const MARGIN = { left: 12, right: 120, top: 44, bottom: 14 };
/** Attempts of one stage that are drawn; the newest, and the first. */
const MOST_ROWS = 10;

interface Bar {
  readonly row: number;
  readonly x1: number;
  readonly x2: number;
  readonly color: string;
}
interface Spot {
  readonly row: number;
  readonly x: number;
  readonly color: string;
}
interface Words {
  readonly row: number;
  readonly x: number;
  readonly text: string;
}
interface Arrow {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly broken: boolean;
}
interface Drawing {
  readonly bars: Bar[];
  readonly tails: Bar[];
  readonly checkpoints: Spot[];
  readonly finals: Spot[];
  readonly damaged: Spot[];
  readonly ends: Words[];
  readonly arrows: Arrow[];
  rows: number;
}
/** Where a stage's steps are found in the picture. */
interface Placed {
  readonly slot: Slot;
  readonly column: number;
  /** Row of each attempt, by epoch. */
  readonly rows: ReadonlyMap<number, number>;
  readonly first: number;
}

/** Null when nothing has been trained. */
export function lineageChart(slots: readonly Slot[]): Html | null {
  const begun = slots.filter((slot) => slot.stages.some((stage) => stage.attempts.length > 0));
  if (begun.length === 0) return null;
  const drawing: Drawing = {
    bars: [],
    tails: [],
    checkpoints: [],
    finals: [],
    damaged: [],
    ends: [],
    arrows: [],
    rows: 0,
  };
  const placed = new Map<string, Placed>();
  for (const [column, slot] of begun.entries())
    for (const stage of slot.stages) drawStage(stage, slot, column, placed, drawing);
  const heads = begun.map((slot, column) => ({
    x: column + 0.02,
    row: -0.9,
    name: fitText(slot.name, COLUMN * 0.6),
    steps: `${slot.length} steps`,
    end: column + 0.95,
    color: colorOf(slot.index),
  }));
  const bar = {
    x1: 'x1',
    x2: 'x2',
    y1: 'row',
    y2: 'row',
    stroke: 'color',
    strokeWidth: 7,
    strokeLinecap: 'round',
  } as const;
  const rowsAndHead = drawing.rows + 1;
  return svg('Lineage of the weights', describe(begun), {
    width: MARGIN.left + COLUMN * begun.length + MARGIN.right,
    height: MARGIN.top + ROW * rowsAndHead + MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top - ROW,
    marginBottom: MARGIN.bottom,
    x: { domain: [0, begun.length], axis: null },
    y: { domain: [-1.2, drawing.rows - 0.2], axis: null, reverse: true },
    color: { type: 'identity' },
    marks: [
      Plot.ruleX(heads.slice(1), {
        x: (head: { x: number }) => head.x - 0.02,
        stroke: 'currentColor',
        strokeOpacity: 0.15,
      }),
      Plot.text(heads, { x: 'x', y: 'row', text: 'name', textAnchor: 'start', fill: 'color', fontWeight: 600 }),
      Plot.text(heads, {
        x: 'end',
        y: 'row',
        text: 'steps',
        textAnchor: 'end',
        fill: 'currentColor',
        fillOpacity: 0.65,
      }),
      Plot.link(drawing.tails, { ...bar, stroke: TAIL, strokeOpacity: 0.75 }),
      Plot.link(drawing.bars, bar),
      Plot.arrow(
        drawing.arrows.filter((arrow) => !arrow.broken),
        {
          x1: 'x1',
          y1: 'y1',
          x2: 'x2',
          y2: 'y2',
          stroke: 'currentColor',
          strokeOpacity: 0.6,
          bend: -18,
          headLength: 7,
          insetEnd: 7,
          insetStart: 7,
        },
      ),
      Plot.arrow(
        drawing.arrows.filter((arrow) => arrow.broken),
        {
          x1: 'x1',
          y1: 'y1',
          x2: 'x2',
          y2: 'y2',
          stroke: 'var(--bad)',
          strokeDasharray: '4,3',
          bend: -18,
          headLength: 7,
          insetEnd: 7,
          insetStart: 7,
        },
      ),
      Plot.dot(drawing.checkpoints, { x: 'x', y: 'row', r: 3.2, fill: 'var(--bg)', stroke: 'color', strokeWidth: 1.6 }),
      Plot.dot(drawing.finals, { x: 'x', y: 'row', r: 6, fill: 'var(--bg)', stroke: 'color', strokeWidth: 3 }),
      Plot.text(drawing.damaged, {
        x: 'x',
        y: 'row',
        text: () => '✕',
        fill: 'var(--bad)',
        fontWeight: 700,
        fontSize: 13,
      }),
      Plot.text(drawing.ends, {
        x: 'x',
        y: 'row',
        text: 'text',
        textAnchor: 'start',
        dx: 11,
        fill: 'currentColor',
        fillOpacity: 0.75,
        fontSize: 11,
      }),
    ],
  });
}

function drawStage(
  stage: StageResults,
  slot: Slot,
  column: number,
  placed: Map<string, Placed>,
  drawing: Drawing,
): void {
  const color = colorOf(slot.index);
  const at = (step: number): number => column + 0.04 + 0.9 * Math.min(1, step / slot.length);
  const shown = shownAttempts(stage.attempts);
  const rows = new Map<number, number>();
  const first = drawing.rows;
  for (const attempt of shown) {
    const row = drawing.rows++;
    const { epoch, resume_from, passed_over } = attempt.claim;
    rows.set(epoch, row);
    const split = stage.splits.find((s) => s.epoch === epoch);
    const start = resume_from?.step ?? stage.stage.continues?.step ?? 0;
    const good = split?.counted.at(-1)?.step ?? start;
    const last = Math.max(good, split?.tail.at(-1)?.step ?? good);
    if (last > good) drawing.tails.push({ row, x1: at(good), x2: at(last), color });
    drawing.bars.push({ row, x1: at(start), x2: at(good), color: good > start ? color : TAIL });
    for (const step of attempt.checkpoints)
      drawing.checkpoints.push({ row, x: at(step), color: step <= good ? color : TAIL });
    const isFinal = stage.result?.final.epoch === epoch;
    if (isFinal) drawing.finals.push({ row, x: at(stage.result?.step ?? last), color });
    drawing.ends.push({ row, x: at(last), text: endWords(stage, attempt, shown) });
    const before = resume_from === null ? undefined : rows.get(resume_from.epoch);
    if (resume_from !== null && before !== undefined)
      drawing.arrows.push({ x1: at(resume_from.step), y1: before, x2: at(resume_from.step), y2: row, broken: false });
    for (const passed of passed_over) {
      const its = rows.get(passed.epoch);
      if (its !== undefined) drawing.damaged.push({ row: its, x: at(passed.step), color });
    }
  }
  placed.set(stage.stage.key, { slot, column, rows, first });
  const { origin } = stage;
  if (origin.kind === 'scratch' || origin.kind === 'elsewhere' || shown.length === 0) return;
  const from = placed.get(origin.key);
  if (from === undefined) return;
  const source = from.slot.stages.find((s) => s.stage.key === origin.key);
  const step = 'step' in origin ? origin.step : (source?.result?.step ?? from.slot.length);
  const epoch =
    source?.splits.filter((s) => (s.counted.at(-1)?.step ?? -1) >= step).at(-1)?.epoch ?? source?.result?.epoch;
  drawing.arrows.push({
    x1: from.column + 0.04 + 0.9 * Math.min(1, step / from.slot.length),
    y1: from.rows.get(epoch ?? 0) ?? from.first,
    x2: at(stage.stage.continues?.step ?? 0),
    y2: first,
    broken: origin.kind === 'weights_only',
  });
}

function shownAttempts(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.length <= MOST_ROWS ? attempts : [...attempts.slice(0, 1), ...attempts.slice(1 - MOST_ROWS)];
}

function endWords({ attempts, left }: StageResults, { claim, end }: Attempt, shown: readonly Attempt[]): string {
  const hidden = attempts.length - shown.length;
  const more = hidden > 0 && claim.epoch === attempts[0]?.claim.epoch ? ` (${hidden} more not drawn)` : '';
  const last = claim.epoch === attempts.at(-1)?.claim.epoch;
  if (left !== null && last) return `${left.how} at ${left.step}${more}`;
  return `${end?.how ?? 'no end seen'}${more}`;
}

function describe(slots: readonly Slot[]): string {
  return slots
    .flatMap((slot) =>
      slot.stages.map(
        (stage) =>
          `${slot.name}: ${originWords(stage.origin)}, ${stage.attempts.length} attempt${stage.attempts.length === 1 ? '' : 's'}`,
      ),
    )
    .join('; ');
}
