/**
 * The question in a model's reply, as the published script finds it: the first ```json block that begins with a brace and ends
 * behind one, read as JSON and not checked further. The strict reading is reply.ts.
 */
import { JsonFault, loads } from './python-json.js';
import { SPACE } from './python-text.js';
import type { PyValue } from './python-value.js';

const OPENING = new RegExp(`\`\`\`json[${SPACE}]*(?=\\{)`, 'gu');
const CLOSING = new RegExp(`\\}(?=[${SPACE}]*\`\`\`)`, 'gu');

/** @throws JsonFault */
export function publishedQuestion(reply: string): PyValue {
  // Two searches in turn: as one expression it would take the square of the time on a reply that never ends.
  OPENING.lastIndex = 0;
  const opening = OPENING.exec(reply);
  if (opening === null) throw new JsonFault('no ```json block');
  const start = opening.index + opening[0].length;
  CLOSING.lastIndex = start;
  const closing = CLOSING.exec(reply);
  if (closing === null) throw new JsonFault('the ```json block does not end');
  return loads(reply.slice(start, closing.index + 1));
}
