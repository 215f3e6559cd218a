/** Rows of a file as prints that can be compared: their text, and their pictures decoded. What is done about a match is overlap.ts's. */
import { isAbsolute, join, dirname } from 'node:path';
import { existsSync } from 'node:fs';
import pLimit from 'p-limit';
import { comparableRow } from '../../../core/data/comparable-row.js';
import type { Prints } from '../../../core/data/overlap.js';
import { textPrint } from '../../../core/data/overlap-text.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { PictureFault, pixelPrint } from '../../../store/pixel-print.js';
import { rowBatches, type BatchedRow } from '../../../store/row-batches.js';

export interface PrintedRow {
  readonly row: BatchedRow;
  /** `line N` where the row has none. */
  readonly id: string;
  /** Null: the row cannot be read, and `faults` says why. */
  readonly prints: Prints | null;
  readonly faults: readonly string[];
}

/** Pictures that many rows show are decoded once, as long as they are among the last. */
const REMEMBERED = 4096;

export class Printer {
  private readonly limit = pLimit(4);
  private readonly known = new Map<string, Promise<string>>();

  /** @param folders where pictures are looked for after the folder of the rows' own file */
  constructor(private readonly folders: readonly string[]) {}

  async *rows(file: string, start = 0): AsyncGenerator<PrintedRow> {
    for await (const batch of rowBatches(file, start))
      yield* await Promise.all(batch.map((row) => this.print(row, dirname(file))));
  }

  private async print(row: BatchedRow, home: string): Promise<PrintedRow> {
    const unknown = (fault: string): PrintedRow => ({ row, id: `line ${row.line}`, prints: null, faults: [fault] });
    if (row.fault !== null) return unknown(row.fault);
    try {
      const { id, problem, options, images } = comparableRow(row.value);
      const seen = await Promise.all(images.map((path) => this.picture(path, home)));
      const faults = seen.flatMap((one) => (one instanceof PictureFault ? [one.message] : []));
      const prints = {
        text: textPrint({ problem, options }),
        images: seen.filter((one) => typeof one === 'string'),
        unreadable: faults.length,
      };
      return { row, id: id ?? `line ${row.line}`, prints, faults };
    } catch (error) {
      if (error instanceof JsonFault) return unknown(error.message);
      throw error;
    }
  }

  private async picture(path: string, home: string): Promise<string | PictureFault> {
    try {
      const file = this.find(path, home);
      let print = this.known.get(file);
      if (print === undefined) {
        print = this.limit(() => pixelPrint(file));
        this.known.set(file, print);
        const [oldest] = this.known.keys();
        if (this.known.size > REMEMBERED && oldest !== undefined) this.known.delete(oldest);
      }
      return await print;
    } catch (error) {
      if (error instanceof PictureFault) return error;
      throw error;
    }
  }

  /** @throws PictureFault */
  private find(path: string, home: string): string {
    if (/^[a-z]+:/i.test(path))
      throw new PictureFault(`${path.slice(0, 80)} is no file here; pictures are not fetched`);
    if (isAbsolute(path) || path.split(/[/\\]/).includes('..'))
      throw new PictureFault(`${path} leads out of the folder of pictures`);
    const places = [home, ...this.folders].map((folder) => join(folder, path));
    return places.find((place) => existsSync(place)) ?? places.at(-1) ?? path;
  }
}
