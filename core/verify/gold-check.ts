/** The gold check: a data set's own gold must pass the verifier that its rewards come from, or no answer ever earns them. */
import type { Item } from './contract.js';

/** The item whose response is its own gold, in the asked form. */
export function goldAsAnswer(item: Omit<Item, 'pred'>): Item {
  return { ...item, pred: `<think>gold</think> \\boxed{${item.gold}}` };
}
