/**
 * `acquireGpu`: a device lease and an epoch on this host, in that order, both idempotent per owner. A runner of the stage that
 * still lives here is adopted: an epoch is one runner launch, whoever attends it. It starts nothing.
 */
import { CancelledFailure, Context } from '@temporalio/activity';
import { sameOwner, type EpochClaim } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import { hostQueue } from '../../core/ids.js';
import type { Acquired, AcquireInput, ClassActivities, Grant } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { beating } from '../support/heartbeat.js';
import { metricsOn } from '../support/metrics.js';
import { describeSpan } from '../support/span.js';
import { isForGood } from './cancelled.js';
import { markerOf, type TrainingContext } from './context.js';
import { endRun, runnerOf } from './left-over.js';

/** What a host is, and a stage takes, unless they say otherwise. */
const ANY_CLASS = 'any';

export function createClassActivities(context: TrainingContext): ClassActivities {
  return guarded<ClassActivities>({
    // Not raced by a cancel: what was claimed meanwhile would belong to nobody.
    acquireGpu: (input) => beating(() => measured(context, input, () => unlessCancelled(context, input))),
  });
}

/** Outcome and wait as metrics: from when the workflow first asked, however many hosts refused since. */
async function measured(
  { settings }: TrainingContext,
  { stage }: AcquireInput,
  work: () => Promise<Acquired>,
): Promise<Acquired> {
  const { metricMeter, info } = Context.current();
  const metrics = metricsOn(metricMeter);
  const on = { host: settings.host, class: stage.execution.class };
  const count = (outcome: string): void => metrics.count('stagewright_device_requests', 1, { ...on, outcome });
  describeSpan(stage, { host: settings.host });
  try {
    const acquired = await work();
    count(acquired.kind);
    if (acquired.kind === 'granted') describeSpan(stage, acquired.grant);
    if (acquired.kind === 'granted' && acquired.grant.host === settings.host)
      metrics.record('stagewright_queue_wait_seconds', (Date.now() - info.scheduledTimestampMs) / 1000, on);
    return acquired;
  } catch (error) {
    const cancelled = error instanceof CancelledFailure;
    count(cancelled ? 'cancelled' : error instanceof StagewrightError ? error.type : 'Internal');
    throw error;
  }
}

/** A grant that nobody waits for any more is given back here and now. */
async function unlessCancelled(context: TrainingContext, input: AcquireInput): Promise<Acquired> {
  const acquired = await acquire(context, input);
  if (acquired.kind === 'finished' || acquired.grant.host !== context.settings.host) return acquired;
  if (!Context.current().cancellationSignal.aborted || !(await isForGood())) return acquired;
  try {
    await endRun(context, { ...acquired.grant, key: input.stage.key });
  } catch (error) {
    context.logger.warn({ err: error, stage: input.stage.name }, 'what a cancelled request claimed could not be freed');
    // Whoever cancelled it is given the grant, stops it in turn and says what stands in the way.
    return acquired;
  }
  throw new CancelledFailure('cancelled');
}

async function acquire(context: TrainingContext, input: AcquireInput): Promise<Acquired> {
  const { settings, store, leases } = context;
  const { stage, owner } = input;
  const finished = await store.readResult(stage.key);
  if (finished !== null) return { kind: 'finished', result: finished };

  const newest = await store.highestEpoch(stage.key);
  if (newest !== null && newest.host === settings.host) {
    if (await runnerOf(context, newest)) return { kind: 'granted', grant: grantOf(newest, input) };
    // An epoch of this very attempt was claimed by a call whose answer was lost: it is still to be launched, not over.
    if (!sameOwner(newest.owner, owner)) await endRun(context, newest);
  }
  assertClass(context, input);
  const marker = markerOf(settings, stage.key, owner);
  const devices = await leases.acquire({ key: stage.key, owner, gpus: stage.execution.gpus, marker });
  try {
    const claimed = await store.claimEpoch({
      key: stage.key,
      owner,
      host: settings.host,
      devices: [...devices],
      epochTtlMs: settings.timers.epoch_ttl_ms,
      fromStart: input.fromStart,
    });
    if (claimed.kind === 'finished') {
      await leases.release(owner);
      return claimed;
    }
    const { claim } = claimed;
    // This owner was granted the epoch on another host before and the answer was lost: go there, not here.
    if (claim.host !== settings.host) await leases.release(owner);
    return { kind: 'granted', grant: grantOf(claim, input) };
  } catch (error) {
    if (error instanceof StagewrightError) await leases.release(owner);
    throw error;
  }
}

/** A class has a queue of its own, but on one queue for all it is each host's to say that it is not meant. */
function assertClass({ settings: { hostClass = ANY_CLASS, host } }: TrainingContext, { stage }: AcquireInput): void {
  const wanted = stage.execution.class;
  if (wanted === ANY_CLASS || wanted === hostClass) return;
  throw new StagewrightError(
    'NoFreeDevice',
    `host ${host} is of class "${hostClass}"; stage ${stage.name} asks for class "${wanted}"`,
    { wanted, class: hostClass },
  );
}

function grantOf(claim: EpochClaim, { queuePrefix }: AcquireInput): Grant {
  return {
    host: claim.host,
    hostQueue: hostQueue(claim.host, queuePrefix),
    devices: claim.devices,
    epoch: claim.epoch,
    owner: claim.owner,
    resumeFrom: claim.resume_from,
    passedOver: claim.passed_over,
  };
}
