/** A stage whose rows come by their pass rates, easy or hard first, singly or in bands. Scoring pass rates is not done here. */
import type { Order } from '../../core/order.js';
import type { PlannedStage } from '../../core/plan.js';
import { ensureDerived } from '../ensure-data.js';
import type { Placement } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { storeActivities } from '../proxies.js';
import { planAlone } from './again.js';

/**
 * Another stage with another key, since the order of rows is part of the mathematics. Fails as DataInvalid where a row has no
 * `pass_rate`.
 * @example
 * ```ts
 * export async function easyFirst(see: PlannedStage, placement: Placement): Promise<string> {
 *   const banded = await byDifficulty(see, placement, { by: 'easy_to_hard', bands: [0.25, 0.75] });
 *   return (await runStage(banded, placement)).state;
 * }
 * ```
 */
export async function byDifficulty(
  stage: PlannedStage,
  placement: Placement,
  order: Exclude<Order, 'shuffled' | 'file'> = 'easy_to_hard',
): Promise<PlannedStage> {
  const store = storeActivities(placement, `${stage.name}: rows by difficulty`);
  await ensureDerived(stage.data, placement, { ask: true });
  await persist(() => store.prepareData(stage.data), waitOut());
  await persist(() => store.checkPassRates(stage.data), waitOut());
  return (await planAlone(stage, { kind: 'order', stage: stage.key, order }, placement)).stage;
}
