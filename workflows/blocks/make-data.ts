/**
 * Derived data sets in a workflow of one's own: each block sees to it that a planned set is in the store, found, joined or made, with
 * all that it is made of. Where a person must choose, the set's own workflow asks (`retry`, `stop`).
 */
import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../../core/failures.js';
import { hint } from '../../core/nearest-name.js';
import type { Plan, PlannedData } from '../../core/plan.js';
import { ensureDerived } from '../ensure-data.js';
import type { Placement } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { storeActivities } from '../proxies.js';

export interface MadeData {
  readonly data: PlannedData;
  readonly rows: number;
}
export interface MakeDataOptions {
  /** Recipe's name, for search attributes. */
  readonly recipe?: string;
}

/**
 * Questions about captions. A question that a model words badly is asked for again with the reason, as often as the recipe says.
 * @example
 * ```ts
 * export async function funnel(plan: Plan, placement: Placement): Promise<string> {
 *   const asked = await synthesize(plannedSet(plan, 'questions'), placement);
 *   const unseen = await filterPerception(plannedSet(plan, 'unseen'), placement);
 *   if (unseen.rows < asked.rows / 10) return `only ${unseen.rows} questions are left`;
 *   const scored = await scoreDifficulty(plannedSet(plan, 'scored'), placement);
 *   return `${scored.rows} questions with a pass rate`;
 * }
 * ```
 */
export function synthesize(data: PlannedData, placement: Placement, options?: MakeDataOptions): Promise<MadeData> {
  return made('synthesis', data, placement, options);
}

/**
 * Questions that the caption answers and the image alone does not.
 * @example
 * ```ts
 * export async function whatIsNotSeen(unseen: PlannedData, see: PlannedStage, placement: Placement): Promise<string> {
 *   const { rows } = await filterPerception(unseen, placement);
 *   return rows === 0 ? 'it sees all there is' : (await runStage(see, placement)).state;
 * }
 * ```
 */
export function filterPerception(
  data: PlannedData,
  placement: Placement,
  options?: MakeDataOptions,
): Promise<MadeData> {
  return made('filter', data, placement, options);
}

/**
 * Rows with the pass rate of K samples: what `byDifficulty` orders by.
 * @example
 * ```ts
 * export async function easyFirst(scored: PlannedData, see: PlannedStage, placement: Placement): Promise<string> {
 *   await scoreDifficulty(scored, placement);
 *   return (await runStage(await byDifficulty(see, placement), placement)).state;
 * }
 * ```
 */
export function scoreDifficulty(data: PlannedData, placement: Placement, options?: MakeDataOptions): Promise<MadeData> {
  return made('difficulty', data, placement, options);
}

/** A set of a plan by its name in the recipe, wherever it is used or another set is made of it. */
export function plannedSet(plan: Plan, name: string): PlannedData {
  const known = new Map<string, PlannedData>();
  const collect = (data: PlannedData): void => {
    known.set(data.name, data);
    for (const inner of [...(data.parts ?? []), ...(data.inputs ?? [])]) collect(inner);
  };
  for (const { data } of [...plan.stages, ...plan.evaluations]) collect(data);
  const found = known.get(name);
  if (found === undefined)
    throw failure('UnknownName', `no data set "${name}" in the plan; ${hint(name, [...known.keys()])}`);
  return found;
}

async function made(
  kind: 'synthesis' | 'filter' | 'difficulty',
  data: PlannedData,
  placement: Placement,
  { recipe }: MakeDataOptions = {},
): Promise<MadeData> {
  const { generator } = data.derivation;
  if (generator !== kind)
    throw failure('RecipeInvalid', `data set ${data.name} is made by ${generator}, not by ${kind}`);
  await ensureDerived(data, placement, { ask: true, recipe });
  const { rows } = await persist(() => storeActivities(placement, data.name).prepareData(data), waitOut());
  return { data, rows };
}

function failure(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
