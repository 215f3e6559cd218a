/** `stagewright data curriculum`: rows with pass rates in the published order, from easy to hard, a file each or all in one. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { JsonFault } from '../../../core/data/python-json.js';
import { NoOrder } from '../../../core/data/python-sort.js';
import { fileOrderByRate, RateGroups, shuffledByRate } from '../../../core/data/published-curriculum.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import { StagewrightError } from '../../../core/failures.js';
import { withAsideFiles, type AsideFile, type AsideFiles } from '../../../store/aside-files.js';
import { PythonRow } from '../../../store/python-row.js';
import { PlaceReader, RowIndex } from '../../../store/row-index.js';
import type { Action } from '../../commands.js';
import { EXIT } from '../../exit.js';
import { integer, needed, neededFiles } from './given.js';
import { eachRow, refuseAll } from './rows.js';

const PASS_RATE = ascii('pass_rate');
const UNDERSCORE = 0x5f;
/** Of a row: it must be printed anew. */
const ANEW = 1;

interface Asked {
  readonly folder: string;
  readonly seed: bigint;
  readonly ascending: boolean;
}

export const curriculum: Action = async (_args, options) => {
  const files = neededFiles(options, 'input');
  const asked: Asked = {
    folder: needed(options, 'outDir'),
    seed: integer(options, 'seed'),
    ascending: options.ascending === true,
  };
  const found = files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
  const lacking = files.filter((file) => !found.includes(file)).map((file) => `${file}: there is no such file`);
  const empty = withAsideFiles((outputs) =>
    options.merged === true ? merged(found, asked, outputs) : perStage(found, asked, outputs),
  );
  for (const line of [...lacking, ...empty]) process.stderr.write(`${line}\n`);
  if (lacking.length + empty.length === 0) return EXIT.done;
  process.stderr.write(`${lacking.length + empty.length} of ${files.length} inputs left out, as published\n`);
  return EXIT.failed;
};

/** @returns what is to be told */
function perStage(files: readonly string[], asked: Asked, outputs: AsideFiles): string[] {
  return files.flatMap((file) => {
    const rows = new Rows(false);
    try {
      rows.load(file);
      if (rows.index.size === 0) return [`${file}: no rows`];
      const [name, extension] = splitName(file);
      const full = outputs.open(join(asked.folder, `${name}_curriculum${extension}`));
      const filtered = outputs.open(join(asked.folder, `${name}_curriculum_filtered_new${extension}`));
      rows.write(
        ordered(file, () => shuffledByRate(rows.index.allGroups(), rows.rates.rates, asked)),
        full,
        filtered,
      );
      tell(file, rows, full, filtered);
      return [];
    } finally {
      rows.close();
    }
  });
}

function merged(files: readonly string[], asked: Asked, outputs: AsideFiles): string[] {
  const rows = new Rows(true);
  try {
    const starts = files.map((file) => {
      rows.load(file);
      return rows.index.size;
    });
    starts.unshift(0);
    const sizes = starts.slice(0, -1).map((start, i) => (starts[i + 1] ?? 0) - start);
    if (rows.index.size === 0) return ['no rows in any input'];
    const open = (name: string): AsideFile => outputs.open(join(asked.folder, `merged_${name}.jsonl`));
    const { rates, index } = rows;
    const [random, randomFiltered] = [open('random'), open('random_filtered_new')];
    rows.write(
      ordered('the inputs', () => shuffledByRate(index.allGroups(), rates.rates, asked)),
      random,
      randomFiltered,
    );
    const [inOrder, inOrderFiltered] = [open('file_order'), open('file_order_filtered')];
    rows.write(
      ordered('the inputs', () => fileOrderByRate(index.allGroups(), rates.rates, starts.slice(0, -1), asked)),
      inOrder,
      inOrderFiltered,
    );
    tell('merged', rows, random, randomFiltered);
    return sizes.flatMap((size, i) => (size === 0 ? [`${files[i] ?? ''}: no rows`] : []));
  } finally {
    rows.close();
  }
}

/** Rows of one file or of several, one after the other. */
class Rows {
  readonly index = new RowIndex();
  readonly rates = new RateGroups();
  private readonly readers: PlaceReader[] = [];
  private readonly ends: number[] = [];
  private readonly row = new PythonRow();

  /** @param withoutInner the keys that begin with _ are dropped, as the published merge does */
  constructor(private readonly withoutInner: boolean) {}

  load(file: string): void {
    this.readers.push(new PlaceReader(file));
    // Rates by their text: most files have few.
    const known = new Map<string, number>();
    eachRow(
      file,
      (row, line) => {
        const { keys } = row;
        const entry = keys.find(ROW, PASS_RATE);
        const text = entry === -1 ? '' : row.shortText(entry);
        let group = known.get(text);
        if (group === undefined) {
          const found = this.rates.of(entry === -1 ? undefined : row.value(entry));
          if (found === null) throw new JsonFault('"pass_rate" is a list or an object');
          group = found;
          if (known.size < 10_000) known.set(text, group);
        }
        if (!row.isWritable) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
        const isAnew = row.whole !== null || (this.withoutInner && keys.hasOuterKey(UNDERSCORE));
        this.index.add(line, group, isAnew ? ANEW : 0);
      },
      refuseAll(file),
    );
    this.ends.push(this.index.size);
  }

  /** @param order numbers of rows */
  write(order: Uint32Array, full: AsideFile, filtered: AsideFile): void {
    const { index } = this;
    const { saturated } = this.rates;
    for (const number of order) {
      const length = index.length(number);
      const bytes = this.readerOf(number).read(index.offset(number), length);
      const isKept = index.group(number) !== saturated;
      if (index.mark(number) === ANEW) {
        this.row.read({ bytes, start: 0, end: length, number: 0, offset: 0 });
        full.lineOf((out) => this.anew(out));
        if (isKept) filtered.lineOf((out) => this.anew(out));
      } else {
        full.line(bytes, 0, length);
        if (isKept) filtered.line(bytes, 0, length);
      }
    }
  }

  close(): void {
    for (const reader of this.readers) reader.close();
  }

  private anew(out: AsideFile): void {
    const { row } = this;
    if (!this.withoutInner) out.bytes(row.bytes, row.start, row.end);
    else {
      let separator = '{';
      row.keys.eachOuter((key, end) => {
        if (row.bytes[key] === UNDERSCORE) return;
        out.text(separator);
        separator = ', ';
        out.bytes(row.bytes, key - 1, end);
      });
      out.text(separator === '{' ? '{}' : '}');
    }
  }

  private readerOf(number: number): PlaceReader {
    let file = 0;
    while (number >= (this.ends[file] as number)) file += 1;
    return this.readers[file] as PlaceReader;
  }
}

function ordered(name: string, order: () => Uint32Array): Uint32Array {
  try {
    return order();
  } catch (error) {
    if (error instanceof NoOrder)
      throw new StagewrightError('DataInvalid', `pass rates of ${name}: ${error.message}; nothing was written`);
    throw error;
  }
}

function tell(name: string, { index, rates }: Rows, full: AsideFile, filtered: AsideFile): void {
  const groups = index.allGroups();
  const count = (group: number): number => groups.reduce((sum, one) => sum + Number(one === group), 0);
  process.stderr.write(
    `${name}: ${full.rows} rows, ${count(rates.hopeless)} of pass rate 0, ${count(rates.saturated)} of pass rate 1; ` +
      `${filtered.rows} in ${filtered.path}\n`,
  );
}

/** Python's os.path.splitext of the base name. */
function splitName(file: string): readonly [name: string, extension: string] {
  const name = basename(file);
  const dot = name.lastIndexOf('.');
  return /^\.*$/.test(name.slice(0, Math.max(dot, 0))) ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}
