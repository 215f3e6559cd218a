/**
 * What a person may do to a run, sent as updates of its workflow: a curriculum, or one stage by its own workflow id. Refusals come
 * back as the errors that the workflow's validator gave; a worker that is away is told apart from one that says no.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { findSecret } from '../core/secrets.js';
import type { Amend, By, CurriculumUpdate, Retry, Skip } from '../core/control.js';
import { isFailureType, StagewrightError } from '../core/failures.js';
import { curriculumStatusSchema, stageStatusSchema, type CurriculumStatus, type StageStatus } from '../core/states.js';
import { codeOf } from './connection.js';
import { parseAnswer } from './answers.js';

/** Until a worker has taken the update up; what it asks for may take longer. */
export const ACCEPT_MS = 20_000;
const AGAIN_MS = 500;
const FAILED_PRECONDITION = 9;

/** An update with what it is given. */
export type Control =
  | { readonly update: Exclude<CurriculumUpdate, 'retry' | 'skip' | 'amend'>; readonly args: By }
  | { readonly update: 'retry'; readonly args: Partial<Retry> & By }
  | { readonly update: 'skip'; readonly args: Partial<Skip> & By }
  | { readonly update: 'amend'; readonly args: Partial<Amend> & Pick<Amend, 'set'> & By };

export type Controlled =
  | { readonly kind: 'curriculum'; readonly status: CurriculumStatus }
  | { readonly kind: 'stage'; readonly status: StageStatus };

export function isStageId(workflowId: string): boolean {
  return workflowId.startsWith('stagewright/stage/');
}

/**
 * Resolves when it is done, with the status after it.
 * @param onAccepted called when the workflow has taken it up
 * @throws StagewrightError UpdateRefused (and RecipeInvalid, UnknownName) with what is allowed; VersionMismatch; ServerUnreachable when no
 * worker takes it up in time
 */
export async function controlRun(
  client: Client,
  workflowId: string,
  { update, args }: Control,
  onAccepted: () => void = () => undefined,
): Promise<Controlled> {
  // Before it is sent: what the server is given may stay in a history.
  const secret = findSecret(args);
  if (secret !== null)
    throw new StagewrightError(
      'RecipeInvalid',
      `"${secret.replace(/^set\./u, '')}" looks like a secret; secrets belong to the worker’s environment and never enter a run’s history`,
    );
  try {
    const handle = client.workflow.getHandle(workflowId);
    const updateId = randomUUID();
    const until = Date.now() + ACCEPT_MS;
    const sent = await askAgain(until, () =>
      client.withDeadline(until, () =>
        handle.startUpdate(update, { args: [args], waitForStage: WorkflowUpdateStage.ACCEPTED, updateId }),
      ),
    );
    onAccepted();
    const answer: unknown = await askAgain(Infinity, () => sent.result());
    return isStageId(workflowId)
      ? { kind: 'stage', status: parseAnswer(stageStatusSchema, answer, 'status') }
      : { kind: 'curriculum', status: parseAnswer(curriculumStatusSchema, answer, 'status') };
  } catch (error) {
    throw refusal(error, update, workflowId);
  }
}

/** On a busy server a workflow task may be cut off, which says nothing about the update: under the same id it is carried out once. */
async function askAgain<T>(until: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (codeOf(error) !== FAILED_PRECONDITION || Date.now() + AGAIN_MS > until) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

function refusal(error: unknown, update: string, workflowId: string): unknown {
  if (error instanceof WorkflowNotFoundError)
    return new StagewrightError(
      'UpdateRefused',
      `${update} is refused: ${workflowId} does not run any more; \`stagewright status ${workflowId}\` says how it ended`,
      {},
      { cause: error },
    );
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || codeOf(error) === 4)
    return new StagewrightError(
      'ServerUnreachable',
      `no worker took ${update} up for ${ACCEPT_MS / 1000} s. Is one of role control at work (stagewright worker --role control)? ` +
        'Look at `stagewright status` before you ask again: it may still be carried out.',
      {},
      { cause: error },
    );
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  const message = cause?.message ?? error.message;
  if (/no registered handler|unknown update|not registered/iu.test(message))
    return new StagewrightError(
      'VersionMismatch',
      `the worker that serves ${workflowId} is of another version and knows no ${update}; bring worker and command to the same version`,
      {},
      { cause: error },
    );
  const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
  return new StagewrightError(isFailureType(type) ? type : 'UpdateRefused', message, {}, { cause: error });
}
