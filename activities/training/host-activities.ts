/**
 * `train`: attends one runner until it ends, turning its state file into heartbeats. The runner lives on when the worker goes;
 * what a worker's end, a cancel or a lost workflow means for it is decided here and nowhere else.
 */
import { CancelledFailure, Context } from '@temporalio/activity';
import { StagewrightError, isFailureType } from '../../core/failures.js';
import type { Outcome, TrainingProgress } from '../../core/launch.js';
import { launchOrAttach, watchRun } from '../../runner/launcher.js';
import type { ProcessIdentity } from '../../runner/processes.js';
import type { HostActivities, TrainEnd, TrainInput } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { beating, withHeartbeat } from '../support/heartbeat.js';
import { metricsOn } from '../support/metrics.js';
import { describeSpan } from '../support/span.js';
import { isForGood } from './cancelled.js';
import { markerOf, type TrainingContext } from './context.js';
import { endRun } from './left-over.js';
import { renderLaunch } from './render-launch.js';
import { runMetrics, type RunMetrics } from './run-metrics.js';

export function createHostActivities(context: TrainingContext): HostActivities {
  return guarded<HostActivities>({
    train: (input) => measured(context, input),
    stopRun: ({ key, grant }) => withHeartbeat(() => endRun(context, { ...grant, key })),
  });
}

/** `train`, and its end as a metric. */
async function measured(context: TrainingContext, input: TrainInput): Promise<TrainEnd> {
  const { epoch, host, devices } = input.grant;
  describeSpan(input.stage, { epoch, host, devices });
  const metrics = runMetrics(context, metricsOn(Context.current().metricMeter), input.stage, input.grant.owner);
  try {
    const end = await train(context, input, metrics);
    metrics.ended(end.kind);
    return end;
  } catch (error) {
    if (error instanceof CancelledFailure) metrics.ended('cancelled');
    else metrics.ended(error instanceof StagewrightError ? error.type : 'Internal');
    throw error;
  }
}

async function train(context: TrainingContext, input: TrainInput, metrics: RunMetrics): Promise<TrainEnd> {
  const { stage, grant } = input;
  const { leases, settings, logger } = context;
  const activity = Context.current();
  const marker = markerOf(settings, stage.key, grant.owner);
  const log = logger.child({ stage: stage.name, key: stage.key.slice(0, 12), epoch: grant.epoch });
  // The lease may have lapsed while nobody attended: what is not launched yet runs on the devices that are leased now.
  const launch = await beating(async () => {
    const devices = await leases.acquire({ key: stage.key, owner: grant.owner, gpus: stage.execution.gpus, marker });
    return renderLaunch(context, { ...input, grant: { ...grant, devices } }, marker);
  });

  let last: TrainingProgress | null = null;
  const beat = (progress: TrainingProgress): void => {
    last = progress;
    activity.heartbeat(progress);
    metrics.progress(progress);
  };
  try {
    const handle = await beating(() => launchOrAttach(launch));
    if (handle.kind === 'lost') return await lost(context, input);
    if (handle.kind === 'ended') return await settle(context, input, handle.outcome);
    if (handle.kind === 'running') {
      await bind(context, input, handle.runner);
      if (!handle.adopted) metrics.started((launch.resume_from ?? launch.continues)?.step ?? null);
      log.info(
        { pid: handle.runner.pid, adopted: handle.adopted },
        handle.adopted ? 'attached to the runner' : 'runner started',
      );
    }
    const outcome = await watchRun(launch, { signal: activity.cancellationSignal, onProgress: beat });
    if (outcome === 'lost') return await lost(context, input);
    return await settle(context, input, outcome);
  } catch (error) {
    if (!activity.cancellationSignal.aborted) throw error;
    await onCancelled(context, input, last);
    throw error instanceof CancelledFailure ? error : new CancelledFailure('cancelled');
  }
}

/** A runner without a lease must not train: another stage may hold its devices. */
async function bind(context: TrainingContext, { stage, grant }: TrainInput, runner: ProcessIdentity): Promise<void> {
  try {
    await context.leases.bindRunner(grant.owner, runner);
  } catch (cause) {
    await beating(() => endRun(context, { ...grant, key: stage.key }));
    throw new StagewrightError(
      'RunnerLost',
      `the lease of epoch ${grant.epoch} lapsed before its runner began`,
      {},
      { cause },
    );
  }
}

/** After the runner's last words nothing of its tree is needed: what is slow to exit is ended. */
async function settle(context: TrainingContext, { stage, grant }: TrainInput, outcome: Outcome): Promise<TrainEnd> {
  await beating(async () => {
    try {
      await context.leases.release(grant.owner);
    } catch (error) {
      if (!(error instanceof StagewrightError && error.type === 'StopIncomplete')) throw error;
      await endRun(context, { ...grant, key: stage.key });
    }
  });
  return endOf(outcome);
}

function endOf(outcome: Outcome): TrainEnd {
  switch (outcome.kind) {
    case 'done':
      return { kind: 'done', result: outcome.result };
    case 'stopped':
      if (outcome.reason === 'fenced')
        throw new StagewrightError('EpochLost', 'a newer epoch was claimed; this runner ended itself');
      if (outcome.reason === 'unattended')
        throw new StagewrightError('Unattended', 'no worker attended the runner; it stopped at a checkpoint');
      return { kind: 'interrupted', reason: `the runner stopped at a checkpoint (${outcome.reason})` };
    case 'failed':
      throw new StagewrightError(isFailureType(outcome.type) ? outcome.type : 'TrainerExited', outcome.message);
  }
}

async function lost(context: TrainingContext, { stage, grant }: TrainInput): Promise<never> {
  await beating(() => endRun(context, { ...grant, key: stage.key }));
  throw new StagewrightError(
    'RunnerLost',
    `the runner of epoch ${grant.epoch} on ${grant.host} died; its trainer was stopped`,
  );
}

/** A cancelled activity: by its worker's end, by its workflow's cancel, or because nobody waits for it any more. */
async function onCancelled(context: TrainingContext, input: TrainInput, last: TrainingProgress | null): Promise<void> {
  const details = Context.current().cancellationDetails;
  const { stage, grant } = input;
  const end = async (): Promise<void> => void (await beating(() => endRun(context, { ...grant, key: stage.key })));
  if (details?.workerShutdown === true) {
    if (context.settings.shutdown === 'stop') await end();
    const how = context.settings.shutdown === 'stop' ? 'saved a checkpoint and stopped' : 'goes on';
    throw new StagewrightError('Detached', `the worker stopped; its runner ${how} (step ${last?.step ?? 'unknown'})`);
  }
  if (await isForGood()) await end();
}
