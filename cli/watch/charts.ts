/** Small curves of a stage in characters, side by side as the width allows. Pure. */
import asciichart from 'asciichart';
import type { MetricsLine } from '../../core/metrics.js';

/** Lines of a chart, its title apart. */
export const CHART_HEIGHT = 4;
const MIN_WIDTH = 26;
const MAX_WIDTH = 46;
const GAP = 2;
/** `-0.001 ┤` */
const AXIS = 9;

interface Curve {
  readonly title: string;
  readonly of: (line: MetricsLine) => number | undefined;
}

const rlvr =
  (field: 'reward' | 'kl' | 'trace_length' | 'accuracy'): Curve['of'] =>
  (line) =>
    line.objective === 'rlvr' ? line[field] : undefined;
const CURVES: readonly Curve[] = [
  { title: 'reward', of: rlvr('reward') },
  { title: 'accuracy', of: rlvr('accuracy') },
  { title: 'loss', of: (line) => (line.objective === 'sft' ? line.loss : undefined) },
  { title: 'KL', of: rlvr('kl') },
  { title: 'entropy', of: (line) => line.entropy },
  { title: 'trace length', of: rlvr('trace_length') },
];

/** @returns lines, none wider than `columns`; none at all where there is nothing to draw or no room */
export function drawCurves(lines: readonly MetricsLine[], columns: number, rows: number): string[] {
  if (lines.length < 2 || columns < MIN_WIDTH || rows < CHART_HEIGHT + 2) return [];
  const perRow = Math.max(1, Math.min(3, Math.floor((columns + GAP) / (MIN_WIDTH + GAP))));
  const width = Math.min(MAX_WIDTH, Math.floor((columns - GAP * (perRow - 1)) / perRow));
  const charts = CURVES.flatMap(({ title, of }) => {
    const values = lines.map(of).filter((value) => value !== undefined);
    return values.length < 2 ? [] : [draw(title, values, width)];
  });
  const drawn: string[] = [];
  for (let i = 0; i < charts.length; i += perRow) {
    if (drawn.length + CHART_HEIGHT + 2 > rows) break;
    const row = charts.slice(i, i + perRow);
    for (let line = 0; line < CHART_HEIGHT + 2; line++)
      drawn.push(
        row
          .map((chart) => (chart[line] ?? '').padEnd(width))
          .join(' '.repeat(GAP))
          .trimEnd(),
      );
  }
  return drawn;
}

function draw(title: string, values: readonly number[], width: number): string[] {
  const series = thin(values, width - AXIS - 2);
  const low = Math.min(...series);
  const high = Math.max(...series);
  const [min, max] = high > low ? [low, high] : [low - 0.5, high + 0.5];
  const chart = asciichart.plot(series, {
    height: CHART_HEIGHT,
    min,
    max,
    format: (value) => figure(value, high - low).padStart(AXIS - 1),
  });
  const last = values.at(-1) ?? 0;
  return [
    `${title} ${figure(last, high - low)}`.slice(0, width),
    ...chart.split('\n').map((line) => line.slice(0, width)),
  ];
}

/** As many values as there is room for: means of neighbours. */
function thin(values: readonly number[], room: number): number[] {
  if (values.length <= room) return [...values];
  return Array.from({ length: room }, (_, i) => {
    const from = Math.floor((i * values.length) / room);
    const part = values.slice(from, Math.max(from + 1, Math.floor(((i + 1) * values.length) / room)));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

/** Digits that tell values of this range apart. */
function figure(value: number, range: number): string {
  if (value === 0) return '0';
  const size = Math.max(Math.abs(value), range);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) return value.toExponential(1);
  const fine = range > 0 ? Math.ceil(-Math.log10(range / CHART_HEIGHT)) : 0;
  return value.toFixed(Math.min(6, Math.max(fine, size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : 4)));
}
