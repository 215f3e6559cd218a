/** The gold check: a data set's own gold must pass the verifier that its rewards come from, or no answer ever earns them. */
import { isCaption } from '../digits/grade.js';
import { BOX, BOXED, END, THINK, THOUGHT } from '../digits/vocabulary.js';
import type { Item } from './contract.js';

/** The item whose response is its own gold, in the form that the verifier asks for. */
export function goldAsAnswer(item: Omit<Item, 'pred'>, verifier = 'math'): Item {
  return { ...item, pred: verifier === 'digits' ? inWords(item.gold) : `<think>gold</think> \\boxed{${item.gold}}` };
}

function inWords(gold: string): string {
  return isCaption(gold.split(' ')) ? `${gold} ${END}` : [THINK, 'sum', THOUGHT, BOX, gold, BOXED, END].join(' ');
}
