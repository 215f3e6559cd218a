/**
 * Runs a piece of work that has one identity, however many ask for it: start it as one's own child, or wait for the one that
 * runs already and then look in the store again. Cancelling stops only one's own child.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ControlActivities } from '../activities/contracts.js';
import { persist, waitOut } from './persist.js';

export interface JoinOptions<T, End> {
  readonly workflowId: string;
  /** Starts the child under `workflowId`; rejects when that id runs already. */
  readonly start: () => Promise<{ readonly firstExecutionRunId: string; result(): Promise<End> }>;
  readonly control: ControlActivities;
  /** What the store already holds, or null. */
  readonly find: () => Promise<T | null>;
  /** @param runId of the child's first run: another's run of the same id has another */
  readonly onStart: (runId: string) => void;
  readonly onJoin: () => void;
}

export type Joined<T, End> =
  { readonly kind: 'found'; readonly value: T } | { readonly kind: 'ran'; readonly end: End };

export async function joinOrStart<T, End>(options: JoinOptions<T, End>): Promise<Joined<T, End>> {
  for (;;) {
    const value = await options.find();
    if (value !== null) return { kind: 'found', value };
    let child;
    try {
      child = await options.start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      options.onJoin();
      // However it ended, the store decides: without a result there, the next turn starts it as our own.
      await persist(() => options.control.awaitRun(options.workflowId), waitOut());
      continue;
    }
    options.onStart(child.firstExecutionRunId);
    return { kind: 'ran', end: await child.result() };
  }
}
