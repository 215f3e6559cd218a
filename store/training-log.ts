/**
 * The metrics of a stage as one series: the lines that count, attempt after attempt, without what an overtaken attempt trained
 * beyond the checkpoint that the next one resumed from. Broken lines (a killed trainer's last) are left out.
 */
import { metricsLineSchema, type MetricsLine } from '../core/metrics.js';
import { layout } from './layout.js';
import { segments } from './lineage-across.js';
import type { Store } from './store.js';

/** Rising steps. @param continues of a planned stage that goes on from another's checkpoint */
export async function readTrainingLog(
  store: Store,
  key: string,
  continues: { readonly key: string; readonly step: number } | null = null,
): Promise<MetricsLine[]> {
  const lines: MetricsLine[] = [];
  let below = Infinity;
  for (const { key: of, epoch, upTo } of await segments(store, key, continues)) {
    const own = (await readMetricsOf(store, of, epoch)).filter(({ step }) => step <= upTo && step < below);
    lines.unshift(...own);
    below = own[0]?.step ?? below;
  }
  return lines;
}

/** All lines of one epoch, rising; of a step that was logged twice the last. */
export async function readMetricsOf(store: Store, key: string, epoch: number): Promise<MetricsLine[]> {
  const text = (await store.objects.get(layout.metrics(key, epoch)))?.toString('utf8') ?? '';
  const byStep = new Map<number, MetricsLine>();
  for (const line of text.split('\n')) {
    const parsed = metricsLineSchema.safeParse(jsonOrNull(line));
    if (parsed.success) byStep.set(parsed.data.step, parsed.data);
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
