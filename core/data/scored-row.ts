/**
 * A row before and after it has its pass rate: what a verifier needs of it, and the form in which it is written. Published rows get
 * what the published script adds; internal ones stay what rows.jsonl may hold.
 */
import { optionsOf } from './comparable-row.js';
import type { GradedSample } from './difficulty.js';
import { JsonFault } from './python-json.js';
import { str } from './python-text.js';
import { isObject, type PyObject, type PyValue } from './python-value.js';

export interface GradableRow {
  readonly id: string;
  readonly kind: string;
  readonly answer: string;
  readonly options?: string[];
}

const ID_KEYS = ['id', 'index', 'example_id'];

/** @throws JsonFault for a row without an id or an answer. */
export function gradableRow(row: PyObject): GradableRow {
  const id = ID_KEYS.map((key) => row.get(key)).find((value) => value !== undefined && value !== null && value !== '');
  if (id === undefined) throw new JsonFault(`there is no id: none of ${ID_KEYS.map((key) => `"${key}"`).join(', ')}`);
  const answer = row.get('answer');
  if (answer === undefined || answer === null) throw new JsonFault('there is no "answer"');
  const [kind, options] = [row.get('kind'), optionsOf(row)];
  return {
    id: str(id),
    kind: typeof kind === 'string' ? kind : '',
    // As published: a number becomes its text.
    answer: str(answer),
    ...(options.length === 0 || options.length > 26 ? {} : { options }),
  };
}

/** Rows of rows.jsonl say their capability; they take no other keys. */
const isInternal = (row: PyObject): boolean => row.has('id') && row.has('capability');
const FIRST_KEYS = ['index', 'problem', 'answer', 'images', 'source'];
/** What the published script writes where a sample has no answer. */
const NO_ANSWER = 'None';

export function scoredRow(row: PyObject, samples: readonly GradedSample[], rate: number): PyObject {
  const predictions = samples.map(({ prediction }) => prediction ?? NO_ANSWER);
  const correctness = samples.map(({ correct }) => correct === true);
  const scores: [string, PyValue][] = [
    ['predictions', predictions],
    ['correctness', correctness],
  ];
  if (isInternal(row)) {
    const meta = row.get('meta');
    const kept: [string, PyValue][] = isObject(meta) ? [...meta] : [];
    return new Map<string, PyValue>([...row, ['pass_rate', rate], ['meta', new Map([...kept, ...scores])]]);
  }
  const first = FIRST_KEYS.flatMap((key): [string, PyValue][] => {
    const value = row.get(key);
    return value === undefined ? [] : [[key, key === 'answer' ? str(value) : value]];
  });
  const others = [...row].filter(([key]) => !FIRST_KEYS.includes(key));
  // A key that is there already keeps its place.
  return new Map<string, PyValue>([...first, ...others, ...scores, ['pass_rate', rate]]);
}
