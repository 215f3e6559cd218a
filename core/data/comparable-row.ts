/**
 * What of a row is compared with benchmarks, in the forms in which training sets and benchmarks come: internal and EasyR1 rows, those
 * of format_for_training, questions with their meta, and benchmarks' own (`question`, `choices`, `image`).
 */
import { JsonFault } from './python-json.js';
import { str } from './python-text.js';
import { isObject, type PyObject, type PyValue } from './python-value.js';

export interface ComparableRow {
  /** Null where the row has none. */
  readonly id: string | null;
  readonly problem: string;
  readonly options: string[];
  /** Paths or addresses, as the row has them. */
  readonly images: readonly string[];
}

const ID_KEYS = ['id', 'example_id', 'index', 'question_id', 'qid'];
const TEXT_KEYS = ['problem', 'question', 'prompt', 'text'];
const OPTION_KEYS = ['options', 'choices'];
const IMAGE_KEYS = ['images', 'image', 'image_path', 'image_file', 'image_url'];
const LETTERS = [...'ABCDEFGHIJ'];

/** @throws JsonFault where it has neither a text nor an image that could be compared. */
export function comparableRow(row: PyValue): ComparableRow {
  if (!isObject(row)) throw new JsonFault('the row is no object');
  const meta = inner(row, 'meta');
  const generated = inner(row, 'generated');
  const places = [generated, row, meta].filter((place) => place !== null);
  const text = firstOf(places, TEXT_KEYS);
  const images = imagesOf(
    firstOf(
      [row, meta].filter((place) => place !== null),
      IMAGE_KEYS,
    ),
  );
  if (typeof text !== 'string' && images.length === 0)
    throw new JsonFault(`there is no text to compare: none of ${TEXT_KEYS.map((key) => `"${key}"`).join(', ')}`);
  const id = firstOf(
    [row, meta].filter((place) => place !== null),
    [...ID_KEYS, 'image_url'],
  );
  return {
    id: id === undefined ? null : str(id),
    problem: typeof text === 'string' ? text : '',
    options: places.map(optionsOf).find((options) => options.length > 0) ?? [],
    images,
  };
}

function inner(row: PyObject, key: string): PyObject | null {
  const value = row.get(key);
  return isObject(value) ? value : null;
}

function firstOf(places: readonly PyObject[], keys: readonly string[]): PyValue | undefined {
  for (const place of places)
    for (const key of keys) {
      const value = place.get(key);
      if (value !== undefined && value !== null && value !== '') return value;
    }
  return undefined;
}

function imagesOf(value: PyValue | undefined): string[] {
  if (value === undefined) return [];
  const all = Array.isArray(value) ? value : [value];
  return all.map((path) => {
    if (typeof path === 'string') return path;
    throw new JsonFault('an image is no path: pictures within rows are not compared; write them to files');
  });
}

/** A list, an object by letter, or keys `A`, `option_A` and the like. */
export function optionsOf(place: PyObject): string[] {
  for (const key of OPTION_KEYS) {
    const value = place.get(key);
    if (Array.isArray(value)) return value.map(str);
    if (isObject(value)) return [...value.values()].map(str);
  }
  for (const prefix of ['option_', ''])
    if (place.has(`${prefix}A`) && place.has(`${prefix}B`))
      return LETTERS.flatMap((letter) => {
        const value = place.get(`${prefix}${letter}`);
        return value === undefined || value === null ? [] : [str(value)];
      });
  return [];
}
