/**
 * How many stages and curricula are in which state, asked of the server: the only place that knows of those that no worker attends
 * (queued, paused, waiting for a person). Where the search attribute is not registered there is no such metric.
 */
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Metrics } from '../../activities/support/metrics.js';
import { SEARCH_ATTRIBUTES } from '../../core/ids.js';
import type { StageState } from '../../core/states.js';
import type { Settings } from '../settings.js';
import { every } from './every.js';

/** A count each for a state: cheap, but not for every second. */
const LOOK_MS = 15_000;
const OPEN = ['queued', 'running', 'pausing', 'paused', 'waiting'] as const satisfies StageState[];
const WORKFLOWS = { stage: 'stageWorkflow', curriculum: 'curriculumWorkflow' } as const;

export function watchStages(
  connection: NativeConnection,
  { namespace, metricsLookMs }: Settings,
  metrics: Metrics,
  logger: Logger,
): () => void {
  const { workflow } = new Client({ connection, namespace });
  let said = false;
  return every(metricsLookMs ?? LOOK_MS, async () => {
    try {
      for (const [what, type] of Object.entries(WORKFLOWS))
        for (const state of OPEN) {
          const { count } = await workflow.count(
            `WorkflowType = '${type}' AND ExecutionStatus = 'Running' AND ${SEARCH_ATTRIBUTES.status} = '${state}'`,
          );
          metrics.set('stagewright_open_runs', count, { what, state });
        }
    } catch (error) {
      if (!said) logger.debug({ err: error }, 'cannot count runs by state');
      said = true;
    }
  });
}
