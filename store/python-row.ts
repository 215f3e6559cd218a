/**
 * One row of a JSON lines file in the form in which Python prints it: the line's own bytes where they have that form already, and a
 * new print of the value otherwise. What its keys mean is core/data's.
 */
import { dumps, hasLoneSurrogate } from '../core/data/python-dumps.js';
import { JsonFault, loads } from '../core/data/python-json.js';
import { isObject, type PyObject, type PyValue } from '../core/data/python-value.js';
import { RowScan } from '../core/data/row-scan.js';
import { textOf, valueOf, type Line } from './json-lines.js';

const QUOTE = 0x22;

export class PythonRow {
  readonly keys = new RowScan();
  bytes: Uint8Array = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** False: it has half a surrogate pair somewhere, which cannot be written as UTF-8. */
  isWritable = true;
  /** The row as a value, where it had to be read in full. */
  whole: PyObject | null = null;

  /** @throws JsonFault where the line is no object that Python would read */
  read(line: Readonly<Line>): void {
    this.isWritable = true;
    this.whole = null;
    if (this.keys.scan(line.bytes, line.start, line.end)) {
      this.bytes = line.bytes;
      this.start = line.start;
      this.end = line.end;
      return;
    }
    const value = valueOf(line);
    if (!isObject(value)) throw new JsonFault('the row is no object');
    this.whole = value;
    const text = dumps(value);
    this.isWritable = !hasLoneSurrogate(text);
    this.bytes = Buffer.from(text);
    this.start = 0;
    this.end = this.bytes.length;
    if (!this.keys.scan(this.bytes, 0, this.end, true))
      throw new Error(`unforeseen form of a row: ${text.slice(0, 200)}`);
  }

  isText(entry: number): boolean {
    return this.keys.first(entry) === QUOTE;
  }

  /** An entry's value. */
  value(entry: number): PyValue {
    return loads(this.text(entry));
  }

  /** A short value, byte by byte: equal for equal bytes, and cheaper than its text. */
  shortText(entry: number): string {
    let text = '';
    for (let i = this.keys.start(entry); i < this.keys.end(entry); i += 1)
      text += String.fromCharCode(this.bytes[i] ?? 0);
    return text;
  }

  /** An entry's value as it is printed. */
  text(entry: number): string {
    return textOf(this.bytes.subarray(this.keys.start(entry), this.keys.end(entry)));
  }
}
