/** Rows of benchmarks by number: where each is in its file, and its id, read again when it is asked for. A few bits a row are kept. */
import { comparableRow } from '../../../core/data/comparable-row.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { rowBatches, type BatchedRow } from '../../../store/row-batches.js';

/** Rows between two places that are kept. */
const STRIDE = 64;
const REMEMBERED = 4096;

export interface BenchmarkRow {
  readonly file: string;
  readonly line: number;
  readonly id: string;
}

interface Benchmark {
  readonly file: string;
  /** Number of its first row among those of all files. */
  readonly first: number;
  readonly offsets: number[];
  readonly lines: number[];
  rows: number;
}

export class BenchmarkRows {
  size = 0;
  private readonly files: Benchmark[] = [];
  private readonly known = new Map<number, BenchmarkRow>();

  begin(file: string): void {
    this.files.push({ file, first: this.size, offsets: [], lines: [], rows: 0 });
  }

  /** @param row one that can be compared. @returns its number */
  add(row: BatchedRow): number {
    const file = this.files.at(-1);
    if (file === undefined) throw new Error('no benchmark was begun');
    if (file.rows % STRIDE === 0) {
      file.offsets.push(row.offset);
      file.lines.push(row.line);
    }
    file.rows += 1;
    this.size += 1;
    return this.size - 1;
  }

  async find(number: number): Promise<BenchmarkRow> {
    return this.known.get(number) ?? (await this.read(number));
  }

  private async read(number: number): Promise<BenchmarkRow> {
    const benchmark = this.files.findLast(({ first, rows }) => rows > 0 && first <= number);
    if (benchmark === undefined) throw new Error(`no benchmark has row ${number}`);
    const { file, first, offsets, lines, rows } = benchmark;
    const [place, skip] = [Math.floor((number - first) / STRIDE), (number - first) % STRIDE];
    if (this.known.size >= REMEMBERED) this.known.clear();
    let at = 0;
    // Small pieces, and all of them that were read are kept: matches often follow each other.
    for await (const batch of rowBatches(file, offsets[place], 1, 16 * 1024)) {
      for (const row of batch) {
        const id = idOf(row);
        if (id === undefined) continue;
        const line = row.line + (lines[place] ?? 1) - 1;
        if (number - skip + at < first + rows)
          this.known.set(number - skip + at, { file, line, id: id ?? `line ${line}` });
        at += 1;
      }
      const found = this.known.get(number);
      if (at > skip && found !== undefined) return found;
    }
    throw new Error(`${file} became shorter while it was read`);
  }
}

/** Undefined for a row that cannot be compared, null for one without an id. */
function idOf({ fault, value }: BatchedRow): string | null | undefined {
  if (fault !== null) return undefined;
  try {
    return comparableRow(value).id;
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}
