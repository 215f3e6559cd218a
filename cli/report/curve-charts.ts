/** Curves of training: what counts in the stage's colour, overtaken tails in grey. */
import * as Plot from '@observablehq/plot';
import type { MetricsLine } from '../../core/metrics.js';
import type { Html } from './html.js';
import type { StageResults } from './results.js';
import { closeUp, type Slot } from './slots.js';
import { colorOf, fitText, svg, TAIL } from './svg.js';

const WIDTH = 460;
const MARGIN = { left: 46, right: 12 };
/** Steps that the bold line averages over; the thin one shows every step. */
export const SMOOTH_STEPS = 9;
/** Points of a line before they are averaged: more cannot be told apart and only make the file heavy. */
const MOST_POINTS = 1500;
const MOST_TICKS = 12;

export interface Curve {
  readonly field: string;
  readonly title: string;
  readonly unit: string;
}
export const CURVES: readonly Curve[] = [
  { field: 'reward', title: 'Reward', unit: 'mean of all samples, 0 to 1' },
  { field: 'accuracy', title: 'Accuracy of samples', unit: 'share right' },
  { field: 'format', title: 'Format of samples', unit: 'share well-formed' },
  { field: 'loss', title: 'Loss', unit: 'a response token' },
  { field: 'kl', title: 'KL', unit: 'nats a token, to the stage’s start' },
  { field: 'entropy', title: 'Entropy', unit: 'nats a token' },
  { field: 'trace_length', title: 'Trace length', unit: 'tokens a response' },
  { field: 'mixed_groups', title: 'Mixed groups', unit: 'share that teaches something' },
  { field: 'clip_fraction', title: 'Clip fraction', unit: 'share of tokens' },
  { field: 'grad_norm', title: 'Gradient norm', unit: 'L2, before clipping' },
  { field: 'learning_rate', title: 'Learning rate', unit: 'of each step' },
  { field: 'tokens_per_second', title: 'Speed', unit: 'trained tokens a second' },
];

interface Point {
  readonly at: number;
  readonly value: number;
  /** Lines are drawn within one of these. */
  readonly line: string;
  readonly color: string;
}

/** Null when no stage of the kind logged it. */
export function curveChart(all: readonly Slot[], kind: 'sft' | 'rlvr', { field, title, unit }: Curve): Html | null {
  const slots = closeUp(slotsOfKind(all, kind));
  const counted = slots.flatMap((slot) => thin(countedPoints(slot, field)));
  if (counted.length < 2) return null;
  const tails = slots.flatMap((slot) => tailPoints(slot, field));
  const total = slots.reduce((sum, slot) => sum + slot.length, 0);
  const scale = (WIDTH - MARGIN.left - MARGIN.right) / total;
  const ticks = ticksOf(slots, total);
  const starts = slots.map((slot) => ({
    at: slot.offset,
    name: slots.length > 1 ? fitText(slot.name, slot.length * scale - 6) : '',
    color: colorOf(slot.index),
  }));
  const byLine = { x: 'at', y: 'value', z: 'line' } as const;
  return svg(`${title}, ${unit}`, slots.map((slot) => courseWords(slot, field)).join('; '), {
    width: WIDTH,
    height: 200,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 22,
    marginBottom: 28,
    x: {
      domain: [0, total],
      label: null,
      ticks: [...ticks.keys()],
      tickFormat: (at: number) => ticks.get(at) ?? '',
      tickSize: 4,
    },
    y: { ...rangeOf([...counted, ...tails]), label: null, ticks: 4, grid: true, tickSize: 0, tickFormat: numberWords },
    marks: [
      Plot.ruleX(starts.slice(1), { x: 'at', stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '3,3' }),
      Plot.text(starts, {
        x: 'at',
        text: 'name',
        frameAnchor: 'top-left',
        dx: 4,
        dy: -15,
        textAnchor: 'start',
        fill: 'color',
        fontWeight: 600,
      }),
      Plot.line(tails, { ...byLine, stroke: TAIL, strokeWidth: 1.6 }),
      Plot.line(counted, { ...byLine, stroke: 'color', strokeWidth: 0.9, strokeOpacity: 0.4 }),
      Plot.line(
        counted,
        Plot.windowY(
          { k: SMOOTH_STEPS, reduce: 'mean', anchor: 'middle' },
          { ...byLine, stroke: 'color', strokeWidth: 2 },
        ),
      ),
      Plot.text(resumes(slots), { x: 'at', text: () => '▲', frameAnchor: 'bottom', dy: 2, fontSize: 8, fill: TAIL }),
    ],
    color: { type: 'identity' },
  });
}

export function slotsOfKind(slots: readonly Slot[], kind: 'sft' | 'rlvr'): Slot[] {
  return slots.filter(
    ({ stages }) => stages[0]?.stage.objective.kind === kind && stages.some((s) => s.metrics.length > 0),
  );
}

export function hasTails({ stages }: Slot): boolean {
  return stages.some((stage) => stage.splits.some((split) => split.tail.length > 0));
}

function numberOf(line: MetricsLine, field: string): number | null {
  const value: unknown = (line as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function points(lines: readonly MetricsLine[], slot: Slot, field: string, line: string): Point[] {
  return lines.flatMap((entry) => {
    const value = numberOf(entry, field);
    return value === null ? [] : [{ at: slot.offset + entry.step, value, line, color: colorOf(slot.index) }];
  });
}

function countedPoints(slot: Slot, field: string): Point[] {
  return points(
    slot.stages.flatMap((stage) => stage.metrics),
    slot,
    field,
    slot.name,
  );
}

/** With the last step that counts before it, so that it branches off the line. */
function tailPoints(slot: Slot, field: string): Point[] {
  return slot.stages.flatMap((stage) =>
    stage.splits.flatMap(({ epoch, tail }) => {
      const first = tail[0]?.step;
      const before = first === undefined ? undefined : lastBefore(stage, slot, first);
      const whole = before === undefined ? tail : [before, ...tail];
      return thin(points(whole, slot, field, `${stage.stage.key}/${epoch}`));
    }),
  );
}

function lastBefore({ metrics }: StageResults, { stages }: Slot, step: number): MetricsLine | undefined {
  const all = [...metrics, ...stages.flatMap((stage) => stage.metrics)];
  return all.find((line) => line.step === step - 1);
}

function resumes(slots: readonly Slot[]): { at: number }[] {
  return slots.flatMap((slot) =>
    slot.stages.flatMap(({ attempts, stage }) => [
      ...(stage.continues === undefined ? [] : [{ at: slot.offset + stage.continues.step }]),
      ...attempts.flatMap(({ claim }) =>
        claim.resume_from === null ? [] : [{ at: slot.offset + claim.resume_from.step }],
      ),
    ]),
  );
}

/** Means of neighbours, where there are more than can be seen. */
function thin(all: readonly Point[]): readonly Point[] {
  const size = Math.ceil(all.length / MOST_POINTS);
  if (size <= 1) return all;
  const kept: Point[] = [];
  for (let i = 0; i < all.length; i += size) {
    const part = all.slice(i, i + size);
    const last = part.at(-1);
    if (last !== undefined) kept.push({ ...last, value: part.reduce((sum, p) => sum + p.value, 0) / part.length });
  }
  return kept;
}

/** Ticks name steps within their stage. */
function ticksOf(slots: readonly Slot[], total: number): Map<number, string> {
  const rough = total / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const size = Math.max(1, ([1, 2, 5].find((m) => m * power >= rough) ?? 10) * power);
  const ticks = new Map<number, string>();
  for (const { offset, length } of slots) {
    for (let step = size; step <= length; step += size) ticks.set(offset + step, String(step));
  }
  if (ticks.size === 0) for (const { offset, length } of slots) ticks.set(offset + length, String(length));
  return ticks;
}

/** What stays the same to the last digits is drawn as a level line, not as the noise of its rounding. */
function rangeOf(all: readonly Point[]): { readonly nice: true } | { readonly domain: readonly [number, number] } {
  const values = all.map((point) => point.value);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const pad = 0.1 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  return high - low > 1e-6 * pad ? { nice: true } : { domain: [low - pad, high + pad] };
}

/** `0.02`, `4e-4`, `15k`: no SI letters for what is small, since 20m reads as twenty million. */
export function numberWords(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  if (size > 0 && size < 0.001)
    return value
      .toExponential()
      .replace(/(\.\d{2})\d+/u, '$1')
      .replaceAll('-', '−');
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

function courseWords(slot: Slot, field: string): string {
  const values = slot.stages.flatMap((stage) => stage.metrics.flatMap((line) => numberOf(line, field) ?? []));
  const mean = (part: readonly number[]): string =>
    (part.reduce((a, b) => a + b, 0) / Math.max(1, part.length)).toPrecision(3);
  return `${slot.name}: ${mean(values.slice(0, SMOOTH_STEPS))} at first, ${mean(values.slice(-SMOOTH_STEPS))} in the end, over ${values.length} steps`;
}
