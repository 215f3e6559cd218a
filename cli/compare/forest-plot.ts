/** Differences with their intervals beside the line of no difference: what a reader sees before any number. */
import * as Plot from '@observablehq/plot';
import type { Difference } from '../../core/compare/differences.js';
import type { Html } from '../report/html.js';
import { COLORS, svg } from '../report/svg.js';
import { interval, points } from './words.js';

const ROW = 26;
const WIDTH = 640;

/** Lines without an interval are not drawn; the table says why. */
export function forestPlot(differences: readonly Difference[]): Html | null {
  const drawn = differences.flatMap((of, i) =>
    of.comparison === null
      ? []
      : [
          {
            line: String(i),
            label: of.label.replaceAll('_', ' '),
            at: 100 * of.comparison.estimate,
            low: 100 * of.comparison.low,
            high: 100 * of.comparison.high,
            claimed: of.verdict === 'better' || of.verdict === 'worse',
          },
        ],
  );
  if (drawn.length === 0) return null;
  const labels = new Map(drawn.map(({ line, label }) => [line, label]));
  const said = differences
    .filter(({ comparison }) => comparison !== null)
    .map((of) => `${of.label}: ${points(of.b - of.a)} (${interval(of)})`)
    .join('; ');
  const reach = Math.max(2, ...drawn.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
  return svg('Difference in accuracy, B - A, in points', said, {
    width: WIDTH,
    height: ROW * drawn.length + 56,
    marginLeft: 150,
    marginRight: 16,
    marginBottom: 36,
    x: { domain: [-reach, reach], label: 'B - A, points', grid: true, tickSize: 0 },
    y: {
      domain: drawn.map(({ line }) => line),
      label: null,
      tickFormat: (line: string) => labels.get(line) ?? '',
      tickSize: 0,
    },
    marks: [
      Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.6 }),
      Plot.ruleY(drawn, {
        y: 'line',
        x1: 'low',
        x2: 'high',
        stroke: COLORS[0] ?? 'currentColor',
        strokeWidth: 2,
        strokeOpacity: (d: { claimed: boolean }) => (d.claimed ? 1 : 0.45),
      }),
      Plot.dot(drawn, {
        y: 'line',
        x: 'at',
        r: 4.5,
        stroke: COLORS[0] ?? 'currentColor',
        strokeWidth: 1.5,
        fill: (d: { claimed: boolean }) => (d.claimed ? (COLORS[0] ?? 'currentColor') : 'var(--paper, Canvas)'),
      }),
    ],
  });
}
