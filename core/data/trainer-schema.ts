/**
 * Whether a trainer's loader can read a set, told before it tries: rows go by one at a time, and what would break it is named with
 * line, key and what to do. The loader infers each column's type from the first piece of the file, so a fault may be far from its
 * cause. Found with Hugging Face `datasets` 5.2 and pyarrow 26, which EasyR1 and TRL load rows with.
 */
import { StagewrightError } from '../failures.js';
import { IMAGE_MARK } from '../row.js';
import { isClash, settledClash, typeOf, united, type Clash, type ColumnType } from './column-type.js';
import { isObject, type PyObject, type PyValue } from './python-value.js';

export type TrainerFormat = 'easyr1' | 'trl';

export interface SchemaFault {
  readonly file: string;
  /** From 1; 0 is the file as a whole. */
  readonly line: number;
  readonly key: string;
  readonly problem: string;
  readonly remedy: string;
  /** Rows that have it. */
  rows: number;
}

export interface SchemaReport {
  readonly rows: number;
  /** Each sort of fault of a key once, at its first row. */
  readonly faults: readonly SchemaFault[];
}

/** Bytes of the file that settle the types: `chunksize` of the JSON loader. */
export const LOADER_CHUNK = 10 * 1024 * 1024;

interface Column {
  type: ColumnType;
  readonly line: number;
  /** Every string so far reads as a date: Arrow makes dates of them. */
  dates: boolean;
}

export class TrainerSchema {
  /** Keys of the first row. */
  readonly #first = new Set<string>();
  readonly #columns = new Map<string, Column>();
  readonly #faults = new Map<string, SchemaFault>();
  #rows = 0;
  #bytes = 0;
  #settled = false;

  /** @param file as the trainer will be given it. */
  constructor(
    private readonly format: TrainerFormat,
    private readonly file: string,
  ) {
    if (file.includes('@'))
      this.#fault(0, 'file', 'its path holds "@", where loaders split off the name of a split', 'move or rename it');
  }

  /** @param bytes of the line with its end. */
  row(value: PyValue, line: number, bytes: number): void {
    this.#rows++;
    if (!isObject(value)) {
      this.#fault(line, 'row', 'it is no object', 'write one JSON object a line');
      return;
    }
    if (this.#first.size === 0) for (const [key, inner] of value) this.#begin(key, inner, line);
    else this.#compare(value, line);
    if (this.format === 'easyr1') this.#easyR1(value, line);
    else this.#trl(value, line);
    this.#bytes += bytes;
    if (this.#bytes >= LOADER_CHUNK) this.#settle();
  }

  finish(): SchemaReport {
    this.#settle();
    if (this.#rows === 0) this.#fault(0, 'file', 'it has no rows', 'give the trainer a set with rows');
    return { rows: this.#rows, faults: [...this.#faults.values()] };
  }

  #begin(key: string, value: PyValue, line: number): void {
    this.#first.add(key);
    const type = typeOf(value);
    if (isClash(type)) this.#clash(line, key, type, line);
    else this.#columns.set(key, { type, line, dates: typeof value === 'string' && isDate(value) });
  }

  #compare(row: PyObject, line: number): void {
    for (const [key, column] of this.#columns) {
      const value = row.get(key);
      if (value === undefined)
        this.#fault(
          line,
          key,
          `it is missing here, and line ${column.line} has it`,
          `give every row the same keys${key === 'images' ? ': rows without pictures have "images": []' : ''}`,
        );
      else this.#compareValue(key, column, value, line);
    }
    for (const key of row.keys())
      if (!this.#first.has(key)) this.#fault(line, key, 'rows before this one lack it', 'give every row the same keys');
  }

  #compareValue(key: string, column: Column, value: PyValue, line: number): void {
    column.dates &&= value === null || (typeof value === 'string' && isDate(value));
    const type = typeOf(value);
    if (isClash(type)) {
      this.#clash(line, key, type, line);
      return;
    }
    const late = this.#settled ? settledClash(column.type, type) : undefined;
    if (late !== undefined) {
      this.#fault(
        line,
        place(key, late.at),
        `${late.now}, after ${late.before} in the first ${LOADER_CHUNK / 1024 / 1024} MiB, which settle its type`,
        late.before === 'integers only'
          ? 'write them all with a decimal point (1.0)'
          : 'move a row that has a value to the start of the file, or train these rows in a stage of their own',
      );
      return;
    }
    const both = united(column.type, type);
    if (isClash(both)) this.#clash(line, key, both, column.line);
    else if (!this.#settled) column.type = both;
  }

  #clash(line: number, key: string, { at, before, now }: Clash, first: number): void {
    const where = first === line ? 'in the same row' : `from line ${first} on`;
    this.#fault(line, place(key, at), `it is ${now} here and ${before} ${where}`, 'give it one type in every row');
  }

  /** Dates among the first rows decide, too; later rows that are none cannot be read. */
  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const [key, { type, dates, line }] of this.#columns)
      if (dates && type === 'string')
        this.#fault(
          line,
          key,
          'all its first values read as dates, and loaders make dates of them',
          'write them otherwise',
        );
  }

  // What the trainer asks of a row

  #easyR1(row: PyObject, line: number): void {
    const problem = this.#text(row, 'problem', line);
    this.#text(row, 'answer', line);
    const marks = problem === null ? null : problem.split(IMAGE_MARK).length - 1;
    this.#images(row, line, marks, `"problem" has ${marks ?? 0} ${IMAGE_MARK}`);
  }

  #trl(row: PyObject, line: number): void {
    this.#text(row, 'answer', line);
    const prompt = row.get('prompt');
    if (!Array.isArray(prompt) || prompt.length === 0) {
      this.#fault(line, 'prompt', 'it is no conversation', 'write a list of {"role", "content"}');
      return;
    }
    const parts = prompt.flatMap((message): PyValue[] => {
      const content = isObject(message) ? message.get('content') : undefined;
      return Array.isArray(content) ? content : [];
    });
    const marks = parts.filter((part) => isObject(part) && part.get('type') === 'image').length;
    this.#images(row, line, marks, `"prompt" has ${marks} parts of type image`);
  }

  #text(row: PyObject, key: string, line: number): string | null {
    const value = row.get(key);
    if (typeof value === 'string' && value !== '') return value;
    if (value === undefined && this.#columns.has(key)) return null;
    const what = value === undefined ? 'it is missing' : value === '' ? 'it is empty' : 'it is no string';
    this.#fault(line, key, what, `give every row a text as "${key}"`);
    return null;
  }

  #images(row: PyObject, line: number, marks: number | null, has: string): void {
    const images = row.get('images');
    if (images === undefined) {
      if (marks !== null && marks > 0 && !this.#columns.has('images'))
        this.#fault(
          line,
          'images',
          `the column is absent, and ${has}`,
          'give every row "images", [] where it has none',
        );
      return;
    }
    if (!Array.isArray(images)) {
      const what = images === null ? 'it is null' : 'it is no list';
      this.#fault(line, 'images', what, 'write a list of paths, [] where a row has no picture');
      return;
    }
    if (!images.every((path) => typeof path === 'string' && path !== ''))
      this.#fault(line, 'images', 'a path is no text, or empty', 'write a list of paths');
    else if (marks !== null && marks !== images.length)
      this.#fault(line, 'images', `it lists ${images.length} and ${has}`, 'give each picture its place in the text');
  }

  #fault(line: number, key: string, problem: string, remedy: string): void {
    // Line numbers in a problem make no other sort of it.
    const sort = `${key} ${problem.replace(/\d+/g, '#')}`;
    const known = this.#faults.get(sort);
    if (known === undefined) this.#faults.set(sort, { file: this.file, line, key, problem, remedy, rows: 1 });
    else known.rows++;
  }
}

const place = (key: string, at: string): string =>
  at === '' ? key : at.startsWith('[') ? `${key}${at}` : `${key}.${at}`;

/** ISO 8601 as Arrow reads it. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const isDate = (text: string): boolean => DATE.test(text);

/** @throws StagewrightError DataInvalid naming the first faults, each with its line, key and remedy. */
export function requireLoadable({ faults }: SchemaReport): void {
  if (faults.length === 0) return;
  const named = faults.slice(0, 8).map(describeFault);
  const rest = faults.length - named.length;
  throw new StagewrightError(
    'DataInvalid',
    `the trainer's loader would break on this set:\n${named.join('\n')}${rest > 0 ? `\nand ${rest} more` : ''}`,
    { count: faults.length, faults: named },
  );
}

export function describeFault({ file, line, key, problem, remedy, rows }: SchemaFault): string {
  const where = line === 0 ? file : `${file}:${line}: "${key}"`;
  return `${where}: ${problem}${rows > 1 ? ` (${rows} rows)` : ''}; ${remedy}`;
}
