/** Workflows for tests of plugins: each asks for one activity, once. */
import { proxyActivities } from '@temporalio/workflow';
import type {
  Acquired,
  AcquireInput,
  ClassActivities,
  Grant,
  HostActivities,
  Stopped,
} from '../../activities/contracts.js';

const ONCE = { startToCloseTimeout: '60s', retry: { maximumAttempts: 1 } } as const;

/** On the host's queue. */
export function callHost(key: string, grant: Grant): Promise<Stopped> {
  return proxyActivities<HostActivities>({ ...ONCE, taskQueue: grant.hostQueue }).stopRun({ key, grant });
}

/** On the workflow's own queue. */
export function askGrant(input: AcquireInput): Promise<Acquired> {
  return proxyActivities<ClassActivities>(ONCE).acquireGpu(input);
}
