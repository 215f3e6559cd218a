/**
 * The attempt loop of one stage: lease and epoch, attend the runner, and after each end what core/failures.ts says. It returns
 * when the stage has its result or a person stopped it. It never trains, reads no file and keeps no clock of its own.
 */
import { ApplicationFailure, CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import type { Acquired, AcquireInput, Grant, TrainEnd } from '../activities/contracts.js';
import { assertNever } from '../core/assert-never.js';
import type { CheckpointRef, StageResult } from '../core/checkpoint.js';
import { FAILURES, type FailureType, type Verdict } from '../core/failures.js';
import { hostQueue } from '../core/ids.js';
import type { PlannedStage } from '../core/plan.js';
import type { Choice, Question } from '../core/states.js';
import { classify, isGone, throwIfCancelled, type StageFailure } from './failure.js';
import type { Placement } from './messages.js';
import { waitSeconds } from './persist.js';
import { classActivities, cleanupActivities, hostActivities, pinnedActivities } from './proxies.js';
import type { StageRun } from './stage-run.js';

/** Attaching again without a word from the runner this often means that it is not the worker's absence. */
const MAX_REATTACH = 20;

export type Attempted =
  | { readonly kind: 'done'; readonly result: StageResult }
  /** The history is long: go on in a new run, which adopts a runner that lives. */
  | { readonly kind: 'continue' };

/** @param handOver verifies the parent's export again, and repairs it */
export async function runAttempts(
  run: StageRun,
  parent: StageResult | null,
  handOver: (parentKey: string) => Promise<void>,
): Promise<Attempted> {
  /** Where a runner may still be at work: told when this is cancelled, whatever it waits for then. */
  const at: { grant: Grant | null } = { grant: null };
  try {
    return await attemptUntilDone(run, parent, handOver, at);
  } catch (error) {
    if (CancellationScope.current().consideredCancelled && at.grant !== null) await cleanUp(run, at.grant);
    throwIfCancelled(error);
    throw error;
  }
}

async function attemptUntilDone(
  run: StageRun,
  parent: StageResult | null,
  handOver: (parentKey: string) => Promise<void>,
  at: { grant: Grant | null },
): Promise<Attempted> {
  let tries = 0;
  let waits = 0;
  for (let first = true; ; first = false) {
    // The answer `restart` must not be lost: a new run would begin without it.
    if (workflowInfo().continueAsNewSuggested && !run.fromStart) return { kind: 'continue' };
    run.attempts += 1;
    run.reach('queued');
    const { workflowId: workflow_id, runId: run_id } = workflowInfo();
    let failure: StageFailure;
    try {
      if (!first && parent !== null) await handOver(parent.key);
      const owner = { workflow_id, run_id, attempt: run.attempts };
      const { stage, fromStart } = run;
      const acquired = await acquire({ stage, owner, queuePrefix: run.input.queuePrefix, fromStart }, run.input);
      if (acquired.kind === 'finished') return { kind: 'done', result: acquired.result };
      const { grant } = acquired;
      at.grant = grant;
      // The activity may not have heard of the cancel: what it was granted is given back.
      if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested;
      granted(run, grant);
      // A newer manifest than the last attempt began with is progress: the count of tries begins again.
      if (isNewer(grant.resumeFrom, run.reached)) {
        tries = 0;
        run.reached = grant.resumeFrom;
      }
      const end = await attend(stage, parent, grant);
      at.grant = null;
      if (end.kind === 'done') return end;
      noteFailure(run, { type: 'Detached', message: end.reason });
      continue;
    } catch (error) {
      failure = classify(error);
    }
    if (!isGone(failure.type)) at.grant = null;
    noteFailure(run, failure);
    const verdict: Verdict = FAILURES[failure.type].verdict;
    switch (verdict.kind) {
      case 'fail':
        throw ApplicationFailure.nonRetryable(failure.message, failure.type);
      case 'reattach':
        continue;
      case 'retry':
        // Waiting without a limit is no failed try.
        if (verdict.attempts === null) {
          waits += 1;
          await sleep(waitSeconds(verdict, waits) * 1_000);
          continue;
        }
        waits = 0;
        tries += 1;
        if (tries < verdict.attempts) {
          await sleep(waitSeconds(verdict, tries) * 1_000);
          continue;
        }
        break;
      case 'park':
        break;
      default:
        assertNever(verdict);
    }
    const { restart } = await run.ask(questionOf(failure, tries));
    run.fromStart = restart;
    if (restart) run.reached = null;
    tries = 0;
  }
}

function granted(run: StageRun, grant: Grant): void {
  run.fromStart = false;
  run.grant = grant;
  run.step = grant.resumeFrom?.step ?? null;
  const passed = grant.passedOver[0];
  if (passed !== undefined) run.lastFailure = `checkpoint of step ${passed.step} passed over: ${passed.reason}`;
  run.reach('running');
}

export function noteFailure(run: StageRun, { type, message }: StageFailure): void {
  run.lastFailure = `${type}: ${message}`;
}

/** Asks any host of the class; where only one host can read the newest checkpoint, that one. */
async function acquire(input: AcquireInput, placement: Placement): Promise<Acquired> {
  const { name, execution } = input.stage;
  try {
    return await classActivities(execution.class, placement, `${name}: a device`).acquireGpu(input);
  } catch (error) {
    const { type, host } = classify(error);
    if (type !== 'CheckpointElsewhere' || host === undefined) throw error;
    try {
      return await pinnedActivities(hostQueue(host, input.queuePrefix), `${name}: a device on ${host}`).acquireGpu(
        input,
      );
    } catch (pinned) {
      // Nobody polls that host's queue: the first error tells the person what is at stake.
      throw classify(pinned).type === 'HostLost' ? error : pinned;
    }
  }
}

/** Trains on the grant's host; attaches again there for as long as only the worker or the server was away. */
async function attend(stage: PlannedStage, parent: StageResult | null, grant: Grant): Promise<TrainEnd> {
  const from = grant.resumeFrom === null ? '' : `, from step ${grant.resumeFrom.step}`;
  const { train } = hostActivities(grant.hostQueue, `${stage.name} on ${grant.host}, epoch ${grant.epoch}${from}`);
  for (let again = 0; ; again++) {
    try {
      const end = await train({ stage, grant, parent });
      // A cancel that met the activity's last moment arrives as a plain result.
      if (end.kind === 'interrupted' && CancellationScope.current().consideredCancelled)
        await CancellationScope.current().cancelRequested;
      return end;
    } catch (error) {
      const failure = classify(error);
      if (FAILURES[failure.type].verdict.kind !== 'reattach') throw error;
      if (workflowInfo().continueAsNewSuggested) throw error;
      if (again >= MAX_REATTACH)
        throw ApplicationFailure.nonRetryable(
          `${MAX_REATTACH} workers in a row vanished while they attended it: ${failure.message}`,
          'RunnerLost' satisfies FailureType,
        );
    }
  }
}

/** The activity may have ended without hearing of the cancel; the host must still be told. */
async function cleanUp(run: StageRun, grant: Grant): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    try {
      const { key, name } = run.stage;
      const stopped = await cleanupActivities(grant.hostQueue, `${name}: stop`).stopRun({ key, grant });
      run.stopped = stopped;
      run.step = stopped.manifest?.step ?? run.step;
    } catch (error) {
      // Where the host is gone its runner stops by its own rule once nobody attends it, and its lease lapses.
      run.stopped = { failure: classify(error) };
    }
  });
}

function isNewer(now: CheckpointRef | null, before: CheckpointRef | null): boolean {
  return now !== null && (before === null || now.step > before.step);
}

/** Of models that are asked for the stage's data. */
const ASKING: readonly FailureType[] = ['EndpointDown', 'TooManyUnknown', 'BudgetSpent'];

export function questionOf(failure: StageFailure, tries: number): Question {
  const choices: Choice[] = ['retry', 'skip', 'stop'];
  if (failure.type === 'CheckpointElsewhere' || failure.type === 'ResumeNotHonoured') choices.splice(1, 0, 'restart');
  const { meaning, verdict } = FAILURES[failure.type];
  const again = ASKING.includes(failure.type)
    ? 'ask what has no answer yet, what was answered stays'
    : 'go on from the newest checkpoint';
  const often = verdict.kind === 'retry' ? ` after ${tries} tries without a newer checkpoint` : '';
  return {
    type: failure.type,
    reason: failure.message,
    question: `${meaning} What now${often}? retry: ${again}${
      choices.includes('restart') ? '; restart: train the stage again from its start' : ''
    }; skip: hand over the newest checkpoint’s weights instead; stop: end the stage here (what is committed stays).`,
    choices,
  };
}
