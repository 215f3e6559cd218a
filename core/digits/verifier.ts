/**
 * The verifier `digits` in the verifiers' common form. What it says is grade.ts's comparison of words, so a reward is the same
 * whichever way it is asked. Its version is grade.ts's DIGITS_VERIFIER.
 */
import { ungradable, type Item, type Result } from '../verify/contract.js';
import { gradeResponse, isCaption, type Grade } from './grade.js';

/** Words as they are written: joined by blanks, with the `<eos>` that ends them. */
export function digits({ gold, pred }: Pick<Item, 'gold' | 'pred'>): Result {
  if (gold.trim() === '') return ungradable('no-gold', 'none');
  const kind = isCaption(gold.split(' ')) ? 'describe' : '';
  return resultOf(gradeResponse({ kind, answer: gold }, pred.split(' ')));
}

export function resultOf({ format, correct, found }: Pick<Grade, 'format' | 'correct' | 'found'>): Result {
  if (!format) return ungradable('no-answer', 'none');
  return { verdict: correct ? 'correct' : 'wrong', rule: found };
}
