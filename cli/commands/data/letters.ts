/** `stagewright data letters`: {id, text} lines on standard input, {id, letter} lines on standard output, in their order. */
import { once } from 'node:events';
import { dumps, hasLoneSurrogate } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { isObject, type PyValue } from '../../../core/data/python-value.js';
import { publishedLetter } from '../../../core/data/published-letter.js';
import { LineSplitter, valueOf } from '../../../store/json-lines.js';
import type { Action } from '../../commands.js';
import { EXIT } from '../../exit.js';
import { standardInput } from '../../standard-input.js';
import { endWithReader } from '../../standard-output.js';

const NAMED_FAULTS = 20;
const BATCH = 256 * 1024;

export const letters: Action = async () => {
  endWithReader('data letters');
  let [lines, faults, out] = [0, 0, ''];
  const fault = (number: number, reason: string): void => {
    faults += 1;
    if (faults <= NAMED_FAULTS) process.stderr.write(`line ${number}: ${reason}\n`);
  };
  const splitter = new LineSplitter({
    line(line) {
      lines += 1;
      try {
        out += `${answerOf(valueOf(line))}\n`;
      } catch (error) {
        if (!(error instanceof JsonFault)) throw error;
        fault(line.number, error.message);
      }
    },
    long(number, size) {
      lines += 1;
      fault(number, `${size} bytes are too many for a line`);
    },
  });
  const written = async (most: number): Promise<void> => {
    if (out.length <= most) return;
    const text = out;
    out = '';
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  };
  for await (const chunk of standardInput()) {
    splitter.feed(chunk);
    await written(BATCH);
  }
  splitter.finish();
  await written(0);
  if (faults === 0) return EXIT.done;
  process.stderr.write(`stagewright data letters: ${faults} of ${lines} lines are not {"id", "text"}\n`);
  return EXIT.failed;
};

function answerOf(row: PyValue): string {
  if (!isObject(row)) throw new JsonFault('no object');
  const id = row.get('id');
  const text = row.get('text');
  if (id === undefined) throw new JsonFault('has no "id"');
  if (typeof text !== 'string') throw new JsonFault('"text" is no string');
  const answer = dumps(
    new Map<string, PyValue>([
      ['id', id],
      ['letter', publishedLetter(text)],
    ]),
  );
  if (hasLoneSurrogate(answer)) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
  return answer;
}
