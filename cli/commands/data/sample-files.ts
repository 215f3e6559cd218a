/** Samples of a model in files, in any order, found again by the row that they answer. 21 bytes a sample are kept, no text. */
import type { IdTable } from '../../../core/data/id-table.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { str } from '../../../core/data/python-text.js';
import { isObject, type PyObject } from '../../../core/data/python-value.js';
import { textOf, valueOf } from '../../../store/json-lines.js';
import { loads } from '../../../core/data/python-json.js';
import { PlaceReader, RowIndex } from '../../../store/row-index.js';
import { eachRow, STRICT_LINE_LIMIT, type OnFault } from './rows.js';

/** What a file says of one sample: a text, or that there is none. */
export type FoundSample =
  { readonly text: string } | { readonly unknown: 'absent' | 'conflict' | 'none'; readonly why?: string };

const NO_ROW = -1;

export class SampleFile {
  /** Of no row of the input. */
  strangers = 0;
  private readonly places = new RowIndex();
  private readonly reader: PlaceReader;
  /** Samples by row: those of row r stand from starts[r] to starts[r + 1]. */
  private starts = new Int32Array(0);
  private order = new Int32Array(0);

  /** @throws StagewrightError DataInvalid: it is read twice, so it must be a plain file. */
  constructor(
    private readonly file: string,
    private readonly ids: IdTable,
    private readonly samples: number,
  ) {
    this.reader = new PlaceReader(file);
  }

  close(): void {
    this.reader.close();
  }

  read(fault: OnFault): void {
    eachRow(
      this.file,
      (_, line) => {
        const { id, sample } = this.checked(valueOf(line));
        const bytes = Buffer.from(id);
        const row = this.ids.find(bytes, 0, bytes.length);
        if (row === NO_ROW) this.strangers += 1;
        else this.places.add(line, row, sample);
      },
      fault,
      STRICT_LINE_LIMIT,
    );
    this.sortByRow();
  }

  private checked(value: unknown): { id: string; sample: number; text: string | null; why: string | undefined } {
    if (!isObject(value as PyObject)) throw new JsonFault('the sample is no object');
    const entry = value as PyObject;
    const [id, sample, text] = [entry.get('id') ?? entry.get('index'), entry.get('sample'), entry.get('text')];
    if (id === undefined || id === null) throw new JsonFault('the sample has no "id"');
    if (typeof sample !== 'bigint' || sample < 0n) throw new JsonFault('"sample" is no number from 0 on');
    if (sample >= BigInt(this.samples))
      throw new JsonFault(`"sample" ${sample} is beyond the ${this.samples} of a row (--k)`);
    if (text !== null && typeof text !== 'string') throw new JsonFault('"text" is neither a text nor null');
    const why = entry.get('unknown');
    return { id: str(id), sample: Number(sample), text, why: typeof why === 'string' ? why : undefined };
  }

  private sortByRow(): void {
    const starts = new Int32Array(this.ids.size + 1);
    const groups = this.places.allGroups();
    for (const row of groups) starts[row + 1] = (starts[row + 1] ?? 0) + 1;
    for (let row = 0; row < this.ids.size; row += 1) starts[row + 1] = (starts[row + 1] ?? 0) + (starts[row] ?? 0);
    const next = starts.slice();
    const order = new Int32Array(groups.length);
    for (const [at, row] of groups.entries()) {
      const place = next[row] ?? 0;
      order[place] = at;
      next[row] = place + 1;
    }
    [this.starts, this.order] = [starts, order];
  }

  /** Samples 0 to K - 1 of a row. */
  of(row: number): FoundSample[] {
    const found = Array.from({ length: this.samples }, (): FoundSample => ({ unknown: 'absent' }));
    for (let i = this.starts[row] ?? 0; i < (this.starts[row + 1] ?? 0); i += 1) {
      const place = this.order[i] ?? 0;
      const length = this.places.length(place);
      const bytes = this.reader.read(this.places.offset(place), length);
      const { sample, text, why } = this.checked(loads(textOf(bytes.subarray(0, length))));
      const before = found[sample];
      if (before !== undefined && 'unknown' in before && before.unknown === 'absent')
        found[sample] = text === null ? { unknown: 'none', ...(why === undefined ? {} : { why }) } : { text };
      else if (before === undefined || !('text' in before) || before.text !== text)
        found[sample] = { unknown: 'conflict' };
    }
    return found;
  }
}
