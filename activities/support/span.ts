/** Attributes on the span of the running activity, where the Worker traces; nothing where it does not. */
import { trace } from '@opentelemetry/api';
import type { PlannedStage } from '../../core/plan.js';

export interface SpanFacts {
  readonly epoch?: number;
  readonly host?: string;
  readonly devices?: readonly string[];
}

/** The key as everywhere for people: its first twelve characters. */
export function describeSpan({ name, key, capability }: PlannedStage, { epoch, host, devices }: SpanFacts = {}): void {
  trace.getActiveSpan()?.setAttributes({
    'stagewright.stage': name,
    'stagewright.key': key.slice(0, 12),
    'stagewright.capability': capability,
    ...(epoch === undefined ? {} : { 'stagewright.epoch': epoch }),
    ...(host === undefined ? {} : { 'stagewright.host': host }),
    ...(devices === undefined ? {} : { 'stagewright.devices': [...devices] }),
  });
}
