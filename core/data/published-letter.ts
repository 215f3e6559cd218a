/**
 * The letter that a model's answer means, as the published filter reads it (`extract_letter`); it is generous, and wrong at times:
 * "Answer: Blue" is B. The product's own verifier is core/verify.
 */
import { SPACE, WORD } from './python-text.js';

/** Python's IGNORECASE also takes ſ for s, as the u flag does. */
const AFTER_ANSWER = new RegExp(`answer[${SPACE}]*(?:[:\\-][${SPACE}]*)?([ABCD])`, 'iu');
const ALONE = new RegExp(`(?<![${WORD}])[ABCD](?![${WORD}])`, 'u');

/** '' where there is none. */
export function publishedLetter(text: string): string {
  const said = AFTER_ANSWER.exec(text)?.[1];
  return said?.toUpperCase() ?? ALONE.exec(text.toUpperCase())?.[0] ?? '';
}
