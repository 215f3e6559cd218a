/** Instruments of metric-names.ts on one of the SDK's meters. Recording never throws: a metric is no reason to end a training. */
import type { MetricMeter, MetricTags } from '@temporalio/common';
import { METRICS, type MetricName } from './metric-names.js';

type OfKind<K> = { [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never }[MetricName];
/** The labels that the table has for a metric, each given. */
type Labels<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;

export interface Metrics {
  count<N extends OfKind<'counter'>>(name: N, by: number, labels: Labels<N>): void;
  /** What the exporter cannot show (negative, not finite) becomes NaN. */
  set<N extends OfKind<'gauge'>>(name: N, value: number, labels: Labels<N>): void;
  record<N extends OfKind<'histogram'>>(name: N, value: number, labels: Labels<N>): void;
}

export function metricsOn(meter: MetricMeter): Metrics {
  const made = new Map<MetricName, (value: number, labels: MetricTags) => void>();
  const record = (name: MetricName, value: number, labels: MetricTags): void => {
    let write = made.get(name);
    if (write === undefined) made.set(name, (write = instrument(meter, name)));
    write(value, labels);
  };
  return {
    count(name, by, labels) {
      if (by > 0) record(name, Math.round(by), labels);
    },
    set(name, value, labels) {
      record(name, value >= 0 && Number.isFinite(value) ? value : NaN, labels);
    },
    record(name, value, labels) {
      if (value >= 0) record(name, value, labels);
    },
  };
}

function instrument(meter: MetricMeter, name: MetricName): (value: number, labels: MetricTags) => void {
  const { kind, help } = METRICS[name];
  switch (kind) {
    case 'counter': {
      const counter = meter.createCounter(name, undefined, help);
      return (value, labels) => counter.add(value, labels);
    }
    case 'gauge': {
      const gauge = meter.createGauge(name, 'float', undefined, help);
      return (value, labels) => gauge.set(value, labels);
    }
    case 'histogram': {
      const histogram = meter.createHistogram(name, 'float', undefined, help);
      return (value, labels) => histogram.record(value, labels);
    }
  }
}
