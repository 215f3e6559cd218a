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
import type { Answer, Choice, Question } from '../core/states.js';
import { classify, throwIfCancelled, type StageFailure } from './failure.js';
import { waitSeconds } from './persist.js';
import { classActivities, cleanupActivities, hostActivities, pinnedActivities } from './proxies.js';

/** Attaching again without a word from the runner this often means that it is not the worker's absence. */
const MAX_REATTACH = 20;

export interface AttemptHooks {
  /** Verifies the parent's export again, and repairs it. */
  readonly handOver: (parentKey: string) => Promise<void>;
  readonly onQueued: (attempt: number) => void;
  readonly onGranted: (grant: Grant) => void;
  readonly onFailure: (failure: StageFailure) => void;
  readonly ask: (question: Question) => Promise<Answer>;
}

export type Attempted =
  | { readonly kind: 'done'; readonly result: StageResult }
  | { readonly kind: 'stopped'; readonly reason: string }
  /** The history is long: go on in a new run, which adopts a runner that lives. */
  | { readonly kind: 'continue' };

export async function runAttempts(
  stage: PlannedStage,
  parent: StageResult | null,
  queuePrefix: string,
  hooks: AttemptHooks,
): Promise<Attempted> {
  /** Where a runner may still be at work: told when this run is cancelled, whatever it waits for then. */
  const at: { grant: Grant | null } = { grant: null };
  try {
    return await attemptUntilDone(stage, parent, queuePrefix, hooks, at);
  } catch (error) {
    if (CancellationScope.current().consideredCancelled && at.grant !== null) await cleanUp(stage.key, at.grant);
    throwIfCancelled(error);
    throw error;
  }
}

async function attemptUntilDone(
  stage: PlannedStage,
  parent: StageResult | null,
  queuePrefix: string,
  hooks: AttemptHooks,
  at: { grant: Grant | null },
): Promise<Attempted> {
  let tries = 0;
  let waits = 0;
  let reached: CheckpointRef | null = null;
  let fromStart = false;
  for (let attempt = 1; ; attempt++) {
    // The answer `restart` must not be lost: a new run would begin without it.
    if (workflowInfo().continueAsNewSuggested && !fromStart) return { kind: 'continue' };
    hooks.onQueued(attempt);
    const { workflowId: workflow_id, runId: run_id } = workflowInfo();
    let failure: StageFailure;
    try {
      if (attempt > 1 && parent !== null) await hooks.handOver(parent.key);
      const owner = { workflow_id, run_id, attempt };
      const acquired = await acquire({ stage, owner, queuePrefix, fromStart });
      if (acquired.kind === 'finished') return { kind: 'done', result: acquired.result };
      const { grant } = acquired;
      at.grant = grant;
      fromStart = false;
      hooks.onGranted(grant);
      // A newer manifest than the last attempt began with is progress: the count of tries begins again.
      if (isNewer(grant.resumeFrom, reached)) {
        tries = 0;
        reached = grant.resumeFrom;
      }
      const end = await attend(stage, parent, grant);
      at.grant = null;
      if (end.kind === 'done') return end;
      hooks.onFailure({ type: 'Detached', message: end.reason });
      continue;
    } catch (error) {
      failure = classify(error);
    }
    if (!mayStillRun(failure)) at.grant = null;
    hooks.onFailure(failure);
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
    const answer = await hooks.ask(questionOf(failure, tries));
    if (answer.choice === 'stop')
      return { kind: 'stopped', reason: `${answer.actor}: ${answer.reason || failure.message}` };
    fromStart = answer.choice === 'restart';
    if (fromStart) reached = null;
    tries = 0;
  }
}

/** After these the host was not heard of: its runner may be at work. */
function mayStillRun({ type }: StageFailure): boolean {
  return type === 'HostLost' || type === 'WorkerLost' || type === 'Detached';
}

/** Asks any host of the class; where only one host can read the newest checkpoint, that one. */
async function acquire(input: AcquireInput): Promise<Acquired> {
  try {
    return await classActivities(input.stage.execution.class, input.queuePrefix).acquireGpu(input);
  } catch (error) {
    const { type, host } = classify(error);
    if (type !== 'CheckpointElsewhere' || host === undefined) throw error;
    try {
      return await pinnedActivities(hostQueue(host, input.queuePrefix)).acquireGpu(input);
    } catch (pinned) {
      // Nobody polls that host's queue: the first error tells the person what is at stake.
      throw classify(pinned).type === 'HostLost' ? error : pinned;
    }
  }
}

/** Trains on the grant's host; attaches again there for as long as only the worker or the server was away. */
async function attend(stage: PlannedStage, parent: StageResult | null, grant: Grant): Promise<TrainEnd> {
  const { train } = hostActivities(grant.hostQueue);
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
async function cleanUp(key: string, grant: Grant): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    try {
      await cleanupActivities(grant.hostQueue).stopRun({ key, grant });
    } catch {
      // The host is gone: its runner stops by its own rule once nobody attends it, and its lease lapses.
    }
  });
}

function isNewer(now: CheckpointRef | null, before: CheckpointRef | null): boolean {
  return now !== null && (before === null || now.step > before.step);
}

export function questionOf(failure: StageFailure, tries: number): Question {
  const choices: Choice[] = ['retry', 'stop'];
  if (failure.type === 'CheckpointElsewhere' || failure.type === 'ResumeNotHonoured') choices.splice(1, 0, 'restart');
  const { meaning, verdict } = FAILURES[failure.type];
  const often = verdict.kind === 'retry' ? ` after ${tries} tries without a newer checkpoint` : '';
  return {
    type: failure.type,
    reason: failure.message,
    question: `${meaning} What now${often}? retry: go on from the newest checkpoint${
      choices.includes('restart') ? '; restart: train the stage again from its start' : ''
    }; stop: end the stage here (what is committed stays).`,
    choices,
  };
}
