/** Where the rows of files are, in 17 bytes a row, so that they can be read again in any order. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { StagewrightError } from '../core/failures.js';
import { openToRead, reading, type Line } from './json-lines.js';

export class RowIndex {
  /** Rows so far. */
  size = 0;
  private offsets = new Float64Array(1024);
  private lengths = new Uint32Array(1024);
  /** What the caller wants to know of a row. */
  private groups = new Int32Array(1024);
  private marks = new Uint8Array(1024);

  add(line: Readonly<Line>, group: number, mark: number): void {
    if (this.size === this.offsets.length) this.grow();
    this.offsets[this.size] = line.offset;
    this.lengths[this.size] = line.end - line.start;
    this.groups[this.size] = group;
    this.marks[this.size] = mark;
    this.size += 1;
  }

  offset(row: number): number {
    return this.offsets[row] as number;
  }

  length(row: number): number {
    return this.lengths[row] as number;
  }

  mark(row: number): number {
    return this.marks[row] as number;
  }

  group(row: number): number {
    return this.groups[row] as number;
  }

  allGroups(): Int32Array {
    return this.groups.subarray(0, this.size);
  }

  private grow(): void {
    const size = this.offsets.length * 2;
    const [offsets, lengths, groups, marks] = [
      new Float64Array(size),
      new Uint32Array(size),
      new Int32Array(size),
      new Uint8Array(size),
    ];
    offsets.set(this.offsets);
    lengths.set(this.lengths);
    groups.set(this.groups);
    marks.set(this.marks);
    [this.offsets, this.lengths, this.groups, this.marks] = [offsets, lengths, groups, marks];
  }
}

/** Reads pieces of one file by their place. */
export class PlaceReader {
  private readonly fd: number;
  private buffer = Buffer.allocUnsafe(64 * 1024);

  /** @throws StagewrightError DataInvalid: it must be a file, which can be read twice. */
  constructor(readonly file: string) {
    this.fd = openToRead(file);
    if (fstatSync(this.fd).isFile()) return;
    this.close();
    throw new StagewrightError(
      'DataInvalid',
      `${file} is no plain file: its rows are read twice, so it cannot be a pipe`,
    );
  }

  /** The bytes hold until the next call. */
  read(offset: number, length: number): Buffer {
    if (length > this.buffer.length) this.buffer = Buffer.allocUnsafe(length * 2);
    for (let at = 0; at < length;) {
      const size = reading(this.file, () => readSync(this.fd, this.buffer, at, length - at, offset + at));
      if (size === 0) throw new StagewrightError('DataInvalid', `${this.file} became shorter while it was read`);
      at += size;
    }
    return this.buffer;
  }

  close(): void {
    closeSync(this.fd);
  }
}
