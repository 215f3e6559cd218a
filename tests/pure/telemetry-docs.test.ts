/** What operations.md and the alert rules say of metrics is what the table of metrics has: names, labels, closed lists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRICS, type MetricSpec } from '../../activities/support/metric-names.js';
import { ROOT } from '../../cli/root.js';
import { isFailureType } from '../../core/failures.js';
import { seriesName, withMetricsTable } from '../../workers/telemetry/metrics-table.js';

const read = (file: string): string => readFileSync(join(ROOT, 'docs', file), 'utf8');
const page = read('operations.md');
const rules = z
  .strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string(),
            expr: z.string(),
            for: z
              .string()
              .regex(/^\d+[smhd]$/u)
              .optional(),
            labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
            annotations: z.strictObject({ summary: z.string(), description: z.string().optional() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(read('prometheus-rules.yaml')))
  .groups.flatMap((group) => group.rules);

const series = new Map<string, readonly string[]>();
for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
  if (spec.kind !== 'histogram') series.set(seriesName(name, spec), spec.labels);
  else for (const part of ['bucket', 'sum', 'count']) series.set(`${name}_${part}`, spec.labels);
}

it('the table of operations.md is current (npm run docs)', () => {
  expect(page).toBe(withMetricsTable(page));
});

describe.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (alert, { expr, annotations }) => {
  it('is explained', () => {
    expect(page).toContain(`\`${alert}\``);
  });
  it('asks for series and labels that exist', () => {
    const asked = [...expr.matchAll(/(stagewright_\w+)(?:\{([^}]*)\})?/gu)];
    if (alert !== 'StagewrightWorkerAway') expect(asked.length).toBeGreaterThan(0);
    const labels = asked.flatMap(([, name = '', inner = '']) => {
      expect(series.has(name), name).toBe(true);
      for (const [, label] of inner.matchAll(/(\w+)\s*(?:=|!=|=~|!~)"/gu)) expect(series.get(name)).toContain(label);
      return series.get(name) ?? [];
    });
    for (const [, label = ''] of JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/gu))
      if (label !== 'instance') expect(labels).toContain(label);
    for (const [, inside = ''] of expr.matchAll(/\bby \(([^)]*)\)/gu))
      for (const label of inside.split(/,\s*/u)) if (label !== 'job') expect(labels).toContain(label);
  });
});

it('outcomes and ends that rules name are failure types, or ours', () => {
  const named = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/(?:outcome|end)(?:=|!~)"([^"]+)"/gu)].flatMap(([, words = '']) => words.split('|')),
  );
  expect(named.length).toBeGreaterThan(1);
  for (const name of named)
    expect(isFailureType(name) || ['done', 'interrupted', 'cancelled'].includes(name), name).toBe(true);
});
