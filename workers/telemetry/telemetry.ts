/** What a ready Worker tells of its host and of the server while it runs. Runs tell of themselves (activities/training/run-metrics.ts). */
import { Runtime, type NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { metricsOn } from '../../activities/support/metrics.js';
import type { Settings } from '../settings.js';
import { watchDevices, watchDisks } from './host-metrics.js';
import { watchStages } from './stage-states.js';

export interface TelemetryOptions {
  readonly settings: Settings;
  readonly roles: readonly string[];
  readonly connection: NativeConnection;
  readonly logger: Logger;
}

/** Nothing at all where no metrics address is set. @returns ends it; before the connection is closed */
export function watchAround({ settings, roles, connection, logger }: TelemetryOptions): () => void {
  if (settings.metricsAddress === null) return () => undefined;
  const metrics = metricsOn(Runtime.instance().metricMeter);
  const stops = [watchDisks(settings, metrics)];
  if (roles.includes('gpu')) stops.push(watchDevices(settings, metrics));
  if (roles.includes('control')) stops.push(watchStages(connection, settings, metrics, logger));
  return () => stops.forEach((stop) => stop());
}
