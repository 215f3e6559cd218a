/**
 * A gate's metric, counted from what an evaluation or a stage left: the one way in which both the gate and the report count it.
 * Reading summaries and logs, and what to say when there is nothing to count, are the caller's.
 */
import type { EvaluationSummary } from './evaluation.js';
import type { Measured, MeasuredGate } from './gate.js';
import type { MetricsLine } from './metrics.js';

type EvaluationGate = Extract<MeasuredGate, { on: 'evaluation' }>;
type TrainingGate = Extract<MeasuredGate, { on: 'training' }>;

/** Answers of the rows that a gate asks for. */
export interface GatePart {
  readonly n: number;
  readonly correct: number;
  readonly format?: number;
}

/** Undefined when no row of the capability or kind was answered. */
export function partOf(summary: EvaluationSummary, { capability, kind }: EvaluationGate): GatePart | undefined {
  if (capability !== undefined) return summary.by_capability[capability];
  if (kind !== undefined) return summary.by_kind[kind];
  return summary;
}

/** Answers that count as right; undefined where the part does not count the metric. */
export function hitsOf({ metric }: EvaluationGate, part: GatePart): number | undefined {
  return metric === 'accuracy' ? part.correct : part.format;
}

/**
 * Null when none of the last steps has the metric.
 * @param upTo of a stage that was skipped: the step whose weights were handed over
 */
export function meanOfLast(
  { metric, last_steps }: TrainingGate,
  log: readonly MetricsLine[],
  upTo = Infinity,
): Measured | null {
  const counted = log.filter(({ step }) => step <= upTo);
  const values = counted.slice(-last_steps).flatMap((line) => {
    const value: unknown = (line as Readonly<Record<string, unknown>>)[metric];
    return typeof value === 'number' ? [value] : [];
  });
  if (values.length === 0) return null;
  return { value: values.reduce((sum, value) => sum + value, 0) / values.length, n: values.length };
}
