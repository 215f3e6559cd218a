/** Curves and accuracies as SVG, drawn without a browser. Text and axes take the page's colour, so that they suit dark and light. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.js';
import type { AccuracyTable } from './accuracy.js';
import type { RecipeResults } from './results.js';

/** Typed as unknown: we compile without the DOM's types. */
const { document } = parseHTML('<!doctype html><html><body></body></html>') as { document: unknown };
const WIDTH = 640;
const ACCURACY_WIDTH = 500;
/** Steps that the bold line averages over; the thin one shows every step. */
const SMOOTH = 9;

/** Distinct to the colour-blind (Okabe and Ito), and readable on black and on white. */
export const COLORS = ['#0b84c6', '#d9820a', '#0a9e73', '#c7639b', '#a87f00', '#4fa6d8'];

export interface Curve {
  readonly title: string;
  readonly unit: string;
  readonly value: (line: Record<string, unknown>) => unknown;
}

export const CURVES: readonly Curve[] = [
  { title: 'Reward', unit: 'mean of all samples', value: (l) => l['reward'] },
  { title: 'Accuracy of samples', unit: 'share right', value: (l) => l['accuracy'] },
  { title: 'Loss', unit: 'per token', value: (l) => l['loss'] },
  { title: 'KL to the stage’s start', unit: 'nats a token', value: (l) => l['kl'] },
  { title: 'Entropy', unit: 'nats a token', value: (l) => l['entropy'] },
  { title: 'Gradient norm', unit: 'before clipping', value: (l) => l['grad_norm'] },
  { title: 'Clip fraction', unit: 'share of tokens', value: (l) => l['clip_fraction'] },
  { title: 'Trace length', unit: 'tokens a response', value: (l) => l['trace_length'] },
];

interface Point {
  readonly at: number;
  readonly value: number;
  readonly stage: string;
}

/** Null when no stage of the kind logged it. Steps of the stages one after another; a rule where a stage begins. */
export function curveChart(
  { stages }: RecipeResults,
  { title, unit, value }: Curve,
  kind: 'sft' | 'rlvr',
): Html | null {
  const points: Point[] = [];
  const starts: { at: number; stage: string }[] = [];
  let offset = 0;
  for (const { stage, metrics } of stages) {
    if (stage.objective.kind !== kind) continue;
    const mine = metrics.flatMap((line): Point[] => {
      const v = value(line);
      return typeof v === 'number' && Number.isFinite(v)
        ? [{ at: offset + line.step, value: v, stage: stage.name }]
        : [];
    });
    if (mine.length > 0) starts.push({ at: offset, stage: stage.name });
    points.push(...mine);
    offset += stage.objective.training.steps;
  }
  if (points.length < 2) return null;
  const names = stages.map((s) => s.stage.name);
  return svg(`${title}, ${unit}`, {
    width: WIDTH,
    height: 210,
    marginLeft: 52,
    marginTop: 30,
    x: { label: 'step', grid: false, ticks: 6 },
    y: { label: unit, ticks: 5, grid: true, nice: true },
    color: { domain: names, range: COLORS },
    marks: [
      Plot.ruleX(starts, { x: 'at', stroke: 'currentColor', strokeOpacity: 0.25, strokeDasharray: '3,3' }),
      Plot.text(starts, {
        x: 'at',
        text: 'stage',
        frameAnchor: 'top-left',
        dx: 4,
        dy: -14,
        textAnchor: 'start',
        fill: 'currentColor',
        fillOpacity: 0.75,
      }),
      Plot.line(points, { x: 'at', y: 'value', z: 'stage', stroke: 'stage', strokeWidth: 0.8, strokeOpacity: 0.35 }),
      Plot.line(
        points,
        Plot.windowY(
          { k: SMOOTH, reduce: 'mean' },
          { x: 'at', y: 'value', z: 'stage', stroke: 'stage', strokeWidth: 1.8 },
        ),
      ),
    ],
  });
}

/** Accuracy of each capability after each stage, with intervals. */
export function accuracyChart({ columns, rows }: AccuracyTable): Html | null {
  const points = rows
    .filter((row) => row.level === 0)
    .flatMap((row) =>
      row.cells.flatMap((cell, i) =>
        cell === null ? [] : [{ ...cell, capability: words(row.label), column: columns[i] ?? '' }],
      ),
    );
  if (points.length === 0) return null;
  const capabilities = rows.filter((row) => row.level === 0).map((row) => words(row.label));
  return svg('Accuracy by capability', {
    width: ACCURACY_WIDTH,
    height: 300,
    marginLeft: 48,
    marginRight: 130,
    marginTop: 24,
    x: { type: 'point', domain: [...columns], label: null, padding: 0.35 },
    y: { domain: [0, 100], percent: true, label: '% right', grid: true },
    color: { domain: capabilities, range: COLORS },
    marks: [
      Plot.line(points, { x: 'column', y: 'share', stroke: 'capability', strokeWidth: 1.8 }),
      Plot.ruleX(points, { x: 'column', y1: 'low', y2: 'high', stroke: 'capability', strokeWidth: 1.8 }),
      Plot.dot(points, { x: 'column', y: 'share', fill: 'capability', r: 3.6 }),
      Plot.text(apart(points.filter((p) => p.column === columns.at(-1))), {
        x: 'column',
        y: 'at',
        text: 'capability',
        textAnchor: 'start',
        dx: 10,
        fill: 'capability',
      }),
    ],
  });
}

const words = (label: string): string => label.replaceAll('_', ' ');

/** Labels moved so far that they do not cover each other. */
function apart<T extends { readonly share: number }>(points: readonly T[]): (T & { at: number })[] {
  const MIN = 0.055;
  const sorted = [...points].sort((a, b) => b.share - a.share);
  let last = Infinity;
  return sorted.map((point) => {
    last = Math.min(point.share, last - MIN);
    return { ...point, at: last };
  });
}

function svg(title: string, options: Plot.PlotOptions): Html {
  const draw = Plot.plot as (options: Record<string, unknown>) => { outerHTML: string };
  return new Html(draw({ ...options, document, ariaLabel: title, style: { fontSize: '12px' } }).outerHTML);
}
