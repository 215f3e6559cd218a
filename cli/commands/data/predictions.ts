/** Predictions of several files by id, in about 30 bytes an id: what `data filter` judges rows by. */
import type { IdTable } from '../../../core/data/id-table.js';
import { CODE, type LetterCodes } from '../../../core/data/letter-codes.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import type { PythonRow } from '../../../store/python-row.js';

const ID = ascii('id');
const LETTER = ascii('predicted_letter');
const TRUTH = ascii('ground_truth');

/** Codes by an id's number. */
class Column {
  private codes = new Uint16Array(1024);

  at(number: number): number {
    return this.codes[number] ?? 0;
  }

  set(number: number, code: number): void {
    while (number >= this.codes.length) {
      const more = new Uint16Array(this.codes.length * 2);
      more.set(this.codes);
      this.codes = more;
    }
    this.codes[number] = code;
  }
}

export class PredictionFile {
  readonly letters = new Column();
  /** Null where nobody asks. */
  readonly truths: Column | null;
  ids = 0;
  duplicates = 0;
  /** Ids that are no text: they match no row. */
  oddIds = 0;
  /** Ids that a question has. */
  met = 0;

  constructor(
    readonly file: string,
    readonly sees: 'image' | 'caption',
    private readonly table: IdTable,
    private readonly codes: LetterCodes,
    private readonly strict: boolean,
  ) {
    this.truths = strict ? new Column() : null;
  }

  /** @throws JsonFault */
  add(row: PythonRow): void {
    const { keys } = row;
    const id = keys.find(ROW, ID);
    if (id === -1) throw new JsonFault('the prediction has no "id"');
    const first = keys.first(id);
    if (first === 0x7b || first === 0x5b) throw new JsonFault('"id" is a list or an object');
    if (!row.isText(id)) {
      if (this.strict) throw new JsonFault('"id" is no text');
      this.oddIds += 1;
      return;
    }
    const number = this.table.add(row.bytes, keys.start(id) + 1, keys.end(id) - 1);
    const before = this.letters.at(number);
    const truth = this.truths === null ? 0 : this.code(row, keys.find(ROW, TRUTH));
    let code = this.code(row, keys.find(ROW, LETTER));
    if (before === CODE.absent) this.ids += 1;
    else {
      this.duplicates += 1;
      // As published the last one counts; which of two is meant is not for a strict filter to guess.
      if (this.strict && (before !== code || truth !== this.truths?.at(number))) code = CODE.conflict;
    }
    this.letters.set(number, code);
    this.truths?.set(number, truth);
  }

  private code(row: PythonRow, entry: number): number {
    if (entry === -1) return CODE.none;
    const { keys } = row;
    const start = keys.start(entry);
    return row.isText(entry) && keys.end(entry) - start === 3
      ? this.codes.ofByte(row.bytes[start + 1] ?? 0)
      : this.codes.of(row.value(entry));
  }
}
