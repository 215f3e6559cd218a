/** The status of a run, whether it is at work or has ended; an ended one is asked of its worker too, which replays its history. */
import type { Client } from '@temporalio/client';
import { StagewrightError } from '../core/failures.js';
import { call, isUnanswered } from './connection.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { endOf } from './watch.js';

/** How a run ended otherwise than by its own word. */
export interface Ended {
  readonly state: 'failed' | 'cancelled';
  readonly message: string;
}

/** @throws StagewrightError ServerUnreachable when no worker answers for it, UnknownName when the server does not know it */
export async function readStatus(
  client: Client,
  workflowId: string,
): Promise<{ readonly snapshot: Snapshot; readonly ended: Ended | null }> {
  const { status } = await call(client, () => client.workflow.getHandle(workflowId).describe());
  const end = status.name === 'RUNNING' ? null : await endOf(client, workflowId);
  if (end !== null && 'status' in end) return { snapshot: { status: end.status, live: new Map() }, ended: null };
  const ended: Ended | null =
    end?.kind === 'failed'
      ? { state: 'failed', message: `${end.type}: ${end.message}` }
      : end?.kind === 'cancelled'
        ? { state: 'cancelled', message: end.message }
        : null;
  try {
    const snapshot = await takeSnapshot(client, workflowId);
    // Its last word was given before it was ended from outside.
    return {
      snapshot: ended === null ? snapshot : { ...snapshot, status: { ...snapshot.status, state: ended.state } },
      ended,
    };
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw new StagewrightError(
      'ServerUnreachable',
      `no worker answers for ${workflowId}, which is ${status.name.toLowerCase()}. Is one of role control at work (stagewright worker --role control)?`,
      {},
      { cause: error },
    );
  }
}
