/** Search attributes of a run: only those that the starter found registered, and only where a value is new. */
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../core/ids.js';
import type { Question } from '../core/states.js';
import type { Placement } from './messages.js';

export type AttributeValues = Partial<Record<keyof typeof SEARCH_ATTRIBUTES, string>>;

/** For the start of a child. */
export function attributePairs(placement: Placement, values: AttributeValues): SearchAttributePair[] {
  const registered = placement.searchAttributes ?? [];
  return (Object.keys(SEARCH_ATTRIBUTES) as (keyof typeof SEARCH_ATTRIBUTES)[]).flatMap((what) => {
    const value = values[what];
    const name = SEARCH_ATTRIBUTES[what];
    if (value === undefined || !registered.includes(name)) return [];
    return [{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }];
  });
}

/** An event each time that something is new: call at transitions only. */
export function markAttributes(placement: Placement, values: AttributeValues): void {
  const { typedSearchAttributes: now } = workflowInfo();
  const fresh = attributePairs(placement, values).filter(({ key, value }) => now.get(key) !== value);
  if (fresh.length > 0) upsertSearchAttributes(fresh);
}

/**
 * Where a run comes to rest at a question. Its own event on purpose: a workflow task without one leaves no mark in history, and a
 * worker that has to replay may then meet the answer before what was asked.
 */
export function markQuestion({ type }: Question): void {
  upsertMemo({ stagewright_last_question: type });
}
