/** What a line of the metrics log says of the training, for watchers: the few numbers that a dashboard shows. Pure. */
import { LIVE_METRICS, type LiveMetrics } from '../core/launch.js';

/** Lenient: a trainer need not have all of them, and a torn line has none. */
export function liveMetrics(line: string): LiveMetrics | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: Record<string, unknown> = { ...value };
  const found: LiveMetrics = {};
  for (const name of LIVE_METRICS) {
    const number = fields[name];
    if (typeof number === 'number' && Number.isFinite(number)) found[name] = number;
  }
  return found;
}
