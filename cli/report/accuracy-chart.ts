/** Accuracy of each capability after each stage, with intervals. */
import * as Plot from '@observablehq/plot';
import type { AccuracyTable } from './accuracy.js';
import type { Html } from './html.js';
import { percent } from './accuracy-text.js';
import { COLORS, fitText, svg } from './svg.js';

const WIDTH = 536;
const MARGIN = { left: 48, right: 136 };
/** Share of the axis between two labels that do not cover each other. */
const APART = 0.06;

/** @param colors of stages, by the capability that they teach: the same capability looks the same in all charts */
export function accuracyChart(
  { data, columns, rows }: AccuracyTable,
  colors: ReadonlyMap<string, string>,
): Html | null {
  const capabilities = rows.filter((row) => row.level === 0);
  const points = capabilities.flatMap((row, i) =>
    row.cells.flatMap((cell, column) =>
      cell === null ? [] : [{ ...cell, i, capability: words(row.label), column: String(column) }],
    ),
  );
  if (points.length === 0) return null;
  const room = (WIDTH - MARGIN.left - MARGIN.right) / columns.length;
  const said = capabilities.map((row) => {
    const cells = row.cells.map((c, i) => (c === null ? null : `${percent(c.share)} % after ${columns[i] ?? ''}`));
    return `${words(row.label)}: ${cells.filter((c) => c !== null).join(', ')}`;
  });
  const last = String(columns.length - 1);
  return svg(`Accuracy by capability on ${data}`, said.join('; '), {
    width: WIDTH,
    height: 320,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 16,
    x: {
      type: 'point',
      domain: columns.map((_, i) => String(i)),
      label: null,
      padding: 0.4,
      tickFormat: (i: string) => fitText(columns[Number(i)] ?? '', room),
      tickSize: 0,
    },
    y: {
      domain: [0, 100],
      percent: true,
      label: null,
      grid: true,
      ticks: 5,
      tickFormat: (v: number) => `${v} %`,
      tickSize: 0,
    },
    color: {
      domain: capabilities.map((row) => words(row.label)),
      range: colorsOf(
        capabilities.map((row) => row.label),
        colors,
      ),
    },
    symbol: { domain: capabilities.map((row) => words(row.label)) },
    marks: [
      Plot.line(points, {
        x: 'column',
        y: 'share',
        z: 'capability',
        stroke: 'capability',
        strokeWidth: 1.6,
        strokeOpacity: 0.7,
      }),
      Plot.ruleX(points, { x: 'column', y1: 'low', y2: 'high', stroke: 'capability', strokeWidth: 2 }),
      Plot.dot(points, { x: 'column', y: 'share', fill: 'capability', symbol: 'capability', r: 4.5 }),
      Plot.text(apart(points.filter((p) => p.column === last)), {
        x: 'column',
        y: 'at',
        text: 'capability',
        textAnchor: 'start',
        dx: 12,
        fill: 'capability',
        fontWeight: 600,
      }),
    ],
  });
}

/** Capabilities that no stage teaches take the colours that are left. */
function colorsOf(capabilities: readonly string[], taught: ReadonlyMap<string, string>): string[] {
  const used = new Set(capabilities.map((name) => taught.get(name)));
  const left = COLORS.filter((color) => !used.has(color));
  let next = 0;
  return capabilities.map((name) => taught.get(name) ?? left[next++ % Math.max(1, left.length)] ?? 'currentColor');
}

export const words = (label: string): string => label.replaceAll('_', ' ');

/** Labels moved down so far that they do not cover each other. */
function apart<T extends { readonly share: number }>(points: readonly T[]): (T & { at: number })[] {
  const sorted = [...points].sort((a, b) => b.share - a.share);
  let last = Infinity;
  return sorted.map((point) => {
    last = Math.min(point.share, last - APART);
    return { ...point, at: last };
  });
}
