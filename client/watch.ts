/**
 * Watches a curriculum until it ends, waits for a person, or the caller has had enough. A server or worker that is away is
 * waited for, however long it takes; that silence is told to the caller.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { curriculumStatusSchema, type CurriculumStatus } from '../core/states.js';
import type { CurriculumEnd } from '../workflows/messages.js';
import { parseAnswer } from './answers.js';
import { call, isUnanswered } from './connection.js';
import { StagewrightError } from '../core/failures.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';

export type WatchEnd =
  | { readonly kind: 'done' | 'stopped'; readonly status: CurriculumStatus }
  | { readonly kind: 'waiting'; readonly status: CurriculumStatus }
  | { readonly kind: 'failed'; readonly type: string; readonly message: string }
  | { readonly kind: 'cancelled'; readonly message: string }
  | { readonly kind: 'interrupted' };

export interface Watcher {
  onSnapshot(snapshot: Snapshot): void;
  /** Nobody answered for so long: the server, or the worker that serves the workflow. */
  onSilence(who: 'server' | 'worker', seconds: number): void;
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  readonly pollMs?: number;
  /** Told when a stage waits, and whether it did so at the first look; true = it was answered, go on watching. */
  readonly onWaiting?: (status: CurriculumStatus, firstLook: boolean) => Promise<boolean>;
}

export async function watchCurriculum(
  client: Client,
  workflowId: string,
  watcher: Watcher,
  { signal, pollMs = 1_000, onWaiting }: WatchOptions = {},
): Promise<WatchEnd> {
  let answered = Date.now();
  let firstLook = true;
  const handle = client.workflow.getHandle(workflowId);
  while (signal?.aborted !== true) {
    let who: 'server' | 'worker' = 'server';
    try {
      const { status } = await call(client, () => handle.describe());
      if (status.name !== 'RUNNING') {
        const end = await endOf(client, workflowId);
        if ('status' in end) watcher.onSnapshot({ status: end.status, live: new Map() });
        return end;
      }
      who = 'worker';
      const snapshot = await takeSnapshot(client, workflowId);
      answered = Date.now();
      watcher.onSnapshot(snapshot);
      if (snapshot.status.state === 'waiting' && !((await onWaiting?.(snapshot.status, firstLook)) ?? false))
        return { kind: 'waiting', status: snapshot.status };
      firstLook = false;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new StagewrightError(
          'UnknownName',
          `the server knows no curriculum ${workflowId}; its database may be another one`,
          {},
          { cause: error },
        );
      if (!isUnanswered(error)) throw error;
      watcher.onSilence(who, Math.round((Date.now() - answered) / 1000));
    }
    await sleep(pollMs, undefined, { ...(signal === undefined ? {} : { signal }) }).catch(() => undefined);
  }
  return { kind: 'interrupted' };
}

/** How a run that is not open ended. */
export async function endOf(client: Client, workflowId: string, runId?: string): Promise<WatchEnd> {
  try {
    const end = (await call(client, () => client.workflow.getHandle(workflowId, runId).result())) as CurriculumEnd;
    // Runs of version 0.1 end without gates and controls.
    return { kind: end.state, status: parseAnswer(curriculumStatusSchema, end.status, 'status') };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure)
      return { kind: 'cancelled', message: cause instanceof TerminatedFailure ? 'terminated' : 'cancelled' };
    const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Internal') : 'Internal';
    return { kind: 'failed', type, message: cause?.message ?? error.message };
  }
}
