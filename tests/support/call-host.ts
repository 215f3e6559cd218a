/** A workflow for tests of plugins: asks the host's queue for one activity. */
import { proxyActivities } from '@temporalio/workflow';
import type { Grant, HostActivities, Stopped } from '../../activities/contracts.js';

export function callHost(key: string, grant: Grant): Promise<Stopped> {
  const { stopRun } = proxyActivities<HostActivities>({ taskQueue: grant.hostQueue, startToCloseTimeout: '60s' });
  return stopRun({ key, grant });
}
