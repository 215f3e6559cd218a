/** The id by which the published filter looks a question up, as bytes of its printed text. */
import { dumps } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { str } from '../../../core/data/python-text.js';
import { isObject, type PyValue } from '../../../core/data/python-value.js';
import { FILTER_ID_KEYS } from '../../../core/data/question-row.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import type { PythonRow } from '../../../store/python-row.js';

const META = ascii('meta');
const KEYS = FILTER_ID_KEYS.map(ascii);

export interface IdBytes {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/**
 * Sets `into` to the id. @returns false where there is none: the published script makes one up then, which differs from process to
 * process and matches nothing. @throws JsonFault where it stops
 */
export function findId(row: PythonRow, into: IdBytes): boolean {
  const { keys } = row;
  const meta = keys.find(ROW, META);
  if (meta !== -1 && keys.first(meta) !== 0x7b) {
    refuseMeta(row.value(meta));
    return false;
  }
  for (const key of KEYS) {
    const entry = keys.find(meta === -1 ? ROW : meta, key);
    if (entry === -1) continue;
    if (row.isText(entry)) {
      into.bytes = row.bytes;
      into.start = keys.start(entry) + 1;
      into.end = keys.end(entry) - 1;
    } else {
      into.bytes = Buffer.from(dumps(str(row.value(entry))));
      into.start = 1;
      into.end = into.bytes.length - 1;
    }
    return true;
  }
  return false;
}

/** Python looks for keys in a text or a list too, and finds none as a rule. */
function refuseMeta(meta: PyValue): void {
  if (isObject(meta)) return;
  const found =
    typeof meta === 'string' || Array.isArray(meta) ? FILTER_ID_KEYS.some((key) => meta.includes(key)) : true;
  if (found) throw new JsonFault('"meta" is no object');
}
