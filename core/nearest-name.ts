/**
 * The name a person most likely meant: smallest edit distance, if it is small for the word's length. Of dotted names the last part
 * alone may be meant: `learning_rate` is `training.learning_rate`.
 */
import { distance } from 'fastest-levenshtein';

export function nearestName(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: near(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.round(word.length * 0.4)) ? best.name : undefined;
}

function near(word: string, name: string): number {
  const whole = distance(word, name);
  return word.includes('.') ? whole : Math.min(whole, distance(word, name.slice(name.lastIndexOf('.') + 1)));
}

/** ` did you mean "x"?`, or what there is. */
export function hint(word: string, known: readonly string[]): string {
  const near = nearestName(word, known);
  return near === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`;
}
