/** The table of metrics in docs/operations.md, as text: printed from metric-names.ts, so that neither can lag behind the other. */
import { METRICS, type MetricSpec } from '../../activities/support/metric-names.js';

export const TABLE_BEGIN = '<!-- metrics: printed from activities/support/metric-names.ts (npm run docs) -->';
export const TABLE_END = '<!-- end of metrics -->';

/** As a series is called on the endpoint of a ready Worker. */
export function seriesName(name: string, { kind }: MetricSpec): string {
  return kind === 'counter' ? `${name}_total` : name;
}

export function metricsTable(): string {
  const rows = Object.entries<MetricSpec>(METRICS).map(
    ([name, spec]) =>
      `| \`${seriesName(name, spec)}\` | ${spec.kind} | ${spec.labels.map((label) => `\`${label}\``).join(' ')} | ${spec.help} |`,
  );
  return ['| metric | kind | labels | what it says |', '|---|---|---|---|', ...rows].join('\n');
}

/** @throws when the page has lost the marks. */
export function withMetricsTable(page: string): string {
  const begin = page.indexOf(TABLE_BEGIN);
  const end = page.indexOf(TABLE_END);
  if (begin < 0 || end < begin) throw new Error(`docs/operations.md: no lines "${TABLE_BEGIN}" and "${TABLE_END}"`);
  return `${page.slice(0, begin)}${TABLE_BEGIN}\n\n${metricsTable()}\n\n${page.slice(end)}`;
}
