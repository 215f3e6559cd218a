/**
 * The SDK's runtime of this process: where its own log goes, and the Prometheus endpoint with Temporal's metrics and ours
 * (metrics.ts names them). Once a process, before any worker or connection. Signals stay ours.
 */
import { makeTelemetryFilterString, Runtime, type RuntimeOptions as TemporalRuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { StagewrightError } from '../../core/failures.js';
import { HISTOGRAM_BUCKETS } from '../../activities/support/metric-names.js';
import { sdkLogger } from '../logging.js';

export interface RuntimeOptions {
  readonly logger: Logger;
  /** IP address and port; null = no endpoint. */
  readonly metricsAddress: string | null;
}

/** @throws StagewrightError SettingsMissing when the metrics address cannot be listened on. */
export function installRuntime({ logger, metricsAddress }: RuntimeOptions): void {
  const metrics =
    metricsAddress === null
      ? {}
      : {
          metrics: {
            prometheus: {
              bindAddress: metricsAddress,
              // As Prometheus wants them: base units, and the unit in the name.
              useSecondsForDurations: true,
              unitSuffix: true,
              countersTotalSuffix: true,
              histogramBucketOverrides: HISTOGRAM_BUCKETS,
            },
          },
        };
  const options: TemporalRuntimeOptions = {
    logger: sdkLogger(logger),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...metrics,
    },
  };
  try {
    Runtime.install(options);
  } catch (error) {
    if (metricsAddress === null || !(error instanceof Error) || !/metrics exporter/iu.test(error.message)) throw error;
    throw new StagewrightError(
      'SettingsMissing',
      `STAGEWRIGHT_METRICS_ADDRESS: cannot listen on ${metricsAddress}: ${error.message}. Give each worker of this host a port of its own, or leave it empty.`,
      { address: metricsAddress },
      { cause: error },
    );
  }
  if (metricsAddress !== null) logger.info({ url: `http://${metricsAddress}/metrics` }, 'metrics are served');
}
