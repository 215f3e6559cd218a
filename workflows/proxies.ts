/**
 * Activity proxies: one block a queue and policy. How often a failure is retried stands in core/failures.ts, applied by the
 * activities. `what` is the line that the UI shows beside the activity's name.
 */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type {
  ClassActivities,
  ControlActivities,
  DataActivities,
  EvaluationActivities,
  HostActivities,
  InferenceActivities,
  StoreActivities,
} from '../activities/contracts.js';
import { classQueue, controlQueue, cpuQueue } from '../core/ids.js';
import type { Placement } from './messages.js';

/** Longer than any run: Temporal demands a limit, the heartbeat is what finds a dead worker. */
const UNBOUNDED = '3650 days';

/** On behalf of an update, since the next one waits for it: a store that is away must not keep a stage from being stopped. */
export const UPDATE_LIMIT = '10m';
/** The same where weights are read and written. */
export const EXPORT_LIMIT = '2h';
type Limit = typeof UPDATE_LIMIT | typeof EXPORT_LIMIT;

/** Queue of our own workflows as children. */
export function workflowQueue(placement: Placement): string {
  return shared(placement, controlQueue);
}

export function controlActivities(placement: Placement, what: string, limit?: Limit): ControlActivities {
  return proxyActivities<ControlActivities>({
    taskQueue: shared(placement, controlQueue),
    summary: what,
    startToCloseTimeout: UNBOUNDED,
    heartbeatTimeout: '15s',
    ...within(limit),
    retry: { initialInterval: '1s', maximumInterval: '10s' },
  });
}

export function storeActivities(
  placement: Placement,
  what: string,
  limit?: Limit,
): StoreActivities & DataActivities & EvaluationActivities {
  return proxyActivities<StoreActivities & DataActivities & EvaluationActivities>({
    taskQueue: shared(placement, cpuQueue),
    summary: what,
    startToCloseTimeout: '24h',
    ...within(limit),
    // Hashing 100 GB or writing a data set beats its heart from a timer, so silence means a dead worker.
    heartbeatTimeout: '20s',
    retry: { initialInterval: '1s', maximumInterval: '60s' },
  });
}

/** Asking models: hours where a server is slow, so only silence ends it. What was answered is journaled, so a new try asks little. */
export function inferenceActivities(placement: Placement, what: string): InferenceActivities {
  return proxyActivities<InferenceActivities>({
    taskQueue: shared(placement, cpuQueue),
    summary: what,
    startToCloseTimeout: UNBOUNDED,
    heartbeatTimeout: '20s',
    retry: { initialInterval: '1s', maximumInterval: '60s' },
  });
}

export function classActivities(hostClass: string, placement: Placement, what: string): ClassActivities {
  return proxyActivities<ClassActivities>({
    taskQueue: shared(placement, (prefix) => classQueue(hostClass, prefix)),
    summary: what,
    startToCloseTimeout: '10m',
    heartbeatTimeout: '20s',
    // What was claimed when the cancel came must be given back; while it waits for a device the server itself cancels it.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // Waiting for a device is the server's retrying: no history event, no slot held.
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '10s' },
  });
}

/** A lease on one named host, because only it can read the checkpoint to go on from. */
export function pinnedActivities(hostQueue: string, what: string): ClassActivities {
  return proxyActivities<ClassActivities>({
    taskQueue: hostQueue,
    summary: what,
    startToCloseTimeout: '10m',
    scheduleToStartTimeout: '60s',
    heartbeatTimeout: '20s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '10s' },
  });
}

/** Training: one activity is one attempt to attend one runner; the attempt loop decides what follows. */
export function hostActivities(hostQueue: string, what: string): Pick<HostActivities, 'train'> {
  return proxyActivities<HostActivities>({
    taskQueue: hostQueue,
    summary: what,
    startToCloseTimeout: UNBOUNDED,
    // A restarting worker needs some seconds; longer silence means that the host is gone.
    scheduleToStartTimeout: '30s',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
  });
}

/** Cleaning up after a cancel or for a pause, also when the host's worker is only restarting. */
export function cleanupActivities(hostQueue: string, what: string): Pick<HostActivities, 'stopRun'> {
  return proxyActivities<HostActivities>({
    taskQueue: hostQueue,
    summary: what,
    startToCloseTimeout: '10m',
    heartbeatTimeout: '20s',
    scheduleToStartTimeout: '60s',
    retry: { maximumAttempts: 3 },
  });
}

function within(limit: Limit | undefined): { scheduleToCloseTimeout?: Limit } {
  return limit === undefined ? {} : { scheduleToCloseTimeout: limit };
}

function shared({ oneQueue, queuePrefix }: Placement, queue: (prefix: string) => string): string {
  return oneQueue === true ? queuePrefix : queue(queuePrefix);
}
