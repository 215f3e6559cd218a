/**
 * The state of each listed run in our own words: the server knows only whether a workflow is open, and calls a stopped curriculum
 * completed. Open ones are asked; what no worker answers stays as the server has it.
 */
import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { CurriculumState } from '../core/states.js';
import { isUnanswered } from './connection.js';
import type { Listed } from './find-curriculum.js';
import { takeSnapshot } from './snapshot.js';
import { endOf } from './watch.js';

const AT_ONCE = 8;

/** `state`: of a curriculum; `running` also where nobody answers, `terminated` and the like where Temporal ended it. */
export type ListedState = Omit<Listed, 'state'> & { readonly state: string };

export function withStates(client: Client, listed: readonly Listed[]): Promise<ListedState[]> {
  const limit = pLimit(AT_ONCE);
  return Promise.all(listed.map((one) => limit(async () => ({ ...one, state: await stateOf(client, one) }))));
}

async function stateOf(client: Client, { workflowId, runId, state }: Listed): Promise<string> {
  try {
    switch (state) {
      case 'running':
        return await openState(client, workflowId, runId);
      case 'completed':
        return (await endOf(client, workflowId, runId)).kind;
      case 'canceled':
        return 'cancelled' satisfies CurriculumState;
      default:
        return state;
    }
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    return state;
  }
}

/** The curriculum itself goes on running while its stage is paused. */
async function openState(client: Client, workflowId: string, runId: string): Promise<CurriculumState> {
  const { status } = await takeSnapshot(client, workflowId, runId);
  const held = status.stages.some(({ state }) => state === 'pausing' || state === 'paused');
  return status.state === 'running' && held ? 'paused' : status.state;
}
