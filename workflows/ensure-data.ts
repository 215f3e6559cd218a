/**
 * Sees to it that the derived sets in a planned set are in the store: each found there, joined where it is being made, or made by a
 * child. Plain sets need none of this and leave no mark in the history.
 */
import { ApplicationFailure, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { dataId } from '../core/ids.js';
import { isDerived } from '../core/data-source.js';
import type { PlannedData } from '../core/plan.js';
import { attributePairs } from './attributes.js';
import { dataWorkflow } from './data.js';
import { ofChild } from './failure.js';
import { joinOrStart } from './join.js';
import { placementOf, type Placement } from './messages.js';
import { persist, waitOut } from './persist.js';
import { controlActivities, storeActivities, workflowQueue } from './proxies.js';

export interface EnsureOptions {
  /** Whether the set asks a person itself where it must; else it fails, with the failure's own type, and the caller asks. */
  readonly ask: boolean;
  /** Recipe's name, for search attributes. */
  readonly recipe?: string | undefined;
}

/** @throws ApplicationFailure of a type of core/failures.ts */
export async function ensureDerived(data: PlannedData, placement: Placement, options: EnsureOptions): Promise<void> {
  for (const part of data.parts ?? []) await ensureDerived(part, placement, options);
  const { derivation } = data;
  if (derivation.generator === 'union' || !isDerived(derivation)) return;
  const { ask, recipe } = options;
  const workflowId = dataId(data.key);
  const named = recipe === undefined ? {} : { recipe };
  try {
    const made = await joinOrStart({
      workflowId,
      start: () =>
        startChild(dataWorkflow, {
          workflowId,
          taskQueue: workflowQueue(placement),
          args: [{ data, ask, ...placementOf(placement), ...named }],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `${data.name}: ${derivation.generator}`,
          typedSearchAttributes: attributePairs(placement, { ...named, stage: data.name, status: 'queued' }),
        }),
      control: controlActivities(placement, `${data.name}: is made elsewhere`),
      find: () => persist(() => storeActivities(placement, data.name).findData(data.key), waitOut()),
      onStart: () => undefined,
      onJoin: () => undefined,
    });
    if (made.kind === 'ran' && made.end.state === 'stopped')
      throw ApplicationFailure.nonRetryable(`data set ${data.name} was stopped: ${made.end.reason}`, 'UpdateRefused');
  } catch (error) {
    throw ofChild(error);
  }
}
