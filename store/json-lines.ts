/**
 * Lines of a file as Python's text mode splits them: at \n, \r\n and a lone \r; white space around a line does not count, and blank
 * lines are none. It hands out bytes in place, without copies, and holds one line at a time. What a line means is its reader's.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { loads, JsonFault } from '../core/data/python-json.js';
import type { PyValue } from '../core/data/python-value.js';
import { StagewrightError } from '../core/failures.js';
import { errorCode, throwFault } from './faults.js';

const CHUNK = 1024 * 1024;
const LF = 10;
const CR = 13;

/** A longer line is no row, and it is not held. */
export const LINE_LIMIT = 256 * 1024 * 1024;

/** One line: `bytes` from `start` to `end`, which are valid until the call returns. */
export interface Line {
  bytes: Buffer;
  start: number;
  end: number;
  /** From 1, as editors count. */
  number: number;
  /** Of `start` in the file. */
  offset: number;
}

export interface LineHandler {
  line(line: Readonly<Line>): void;
  /** A line beyond the limit, and its size in bytes. */
  long(number: number, size: number): void;
}

/** Cuts chunks into lines; the chunk may be used again after each call. */
export class LineSplitter {
  /** What the chunks before have of a line, and its size with what was thrown away of it. */
  private rest: Buffer[] = [];
  private size = 0;
  private readonly at: Line = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0, offset: 0 };
  /** Of the first byte of the next chunk. */
  private offset = 0;
  /** The chunk before ended with \r: a \n that begins the next one belongs to it. */
  private halfEnd = false;

  constructor(
    private readonly handler: LineHandler,
    private readonly limit: number = LINE_LIMIT,
  ) {}

  feed(chunk: Buffer): void {
    if (chunk.length === 0) return;
    let from = this.halfEnd && chunk[0] === LF ? 1 : 0;
    this.halfEnd = false;
    let lf = chunk.indexOf(LF, from);
    let cr = chunk.indexOf(CR, from);
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.ended(chunk, from, end);
      from = end + 1;
      if (end === cr) {
        if (from === chunk.length) this.halfEnd = true;
        else if (from === lf) from += 1;
        cr = chunk.indexOf(CR, from);
      }
      if (lf !== -1 && lf < from) lf = chunk.indexOf(LF, from);
    }
    this.size += chunk.length - from;
    if (this.size > this.limit) this.rest = [];
    else if (from < chunk.length) this.rest.push(Buffer.from(chunk.subarray(from)));
    this.offset += chunk.length;
  }

  /** The last line needs no end. */
  finish(): void {
    if (this.size > 0) this.ended(Buffer.alloc(0), 0, 0);
  }

  private ended(chunk: Buffer, from: number, end: number): void {
    const at = this.at;
    at.number += 1;
    const before = this.size;
    const size = before + end - from;
    this.size = 0;
    if (size > this.limit) {
      this.rest = [];
      this.handler.long(at.number, size);
      return;
    }
    at.offset = this.offset + from - before;
    if (before === 0) {
      at.bytes = chunk;
      at.start = from;
      at.end = end;
    } else {
      at.bytes = Buffer.concat([...this.rest, chunk.subarray(from, end)]);
      at.start = 0;
      at.end = size;
      this.rest = [];
    }
    if (trimmed(at)) this.handler.line(at);
  }
}

/** @throws StagewrightError DataInvalid where the file cannot be read. */
export function readLines(file: string, handler: LineHandler, limit: number = LINE_LIMIT): void {
  const splitter = new LineSplitter(handler, limit);
  const fd = openToRead(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const size = reading(file, () => readSync(fd, chunk, 0, CHUNK, null));
      if (size === 0) break;
      splitter.feed(size === CHUNK ? chunk : chunk.subarray(0, size));
    }
  } finally {
    closeSync(fd);
  }
  splitter.finish();
}

/** Lines of a file one by one, for files that are read in step. Each line's bytes stay its own. */
export class LineReader {
  private readonly ready: (Line | { readonly number: number; readonly size: number })[] = [];
  private next = 0;
  private fd: number | null;
  private readonly splitter: LineSplitter;

  /** @throws StagewrightError DataInvalid where the file cannot be read */
  constructor(
    readonly file: string,
    limit: number = LINE_LIMIT,
  ) {
    this.splitter = new LineSplitter(
      {
        line: (line) => this.ready.push({ ...line }),
        long: (number, size) => this.ready.push({ number, size }),
      },
      limit,
    );
    this.fd = openToRead(file);
  }

  /** A line, or what is known of one beyond the limit; null at the end. */
  read(): Line | { readonly number: number; readonly size: number } | null {
    while (this.next === this.ready.length && this.fd !== null) {
      this.ready.length = 0;
      this.next = 0;
      const { fd } = this;
      const chunk = Buffer.allocUnsafeSlow(CHUNK);
      const size = reading(this.file, () => readSync(fd, chunk, 0, CHUNK, null));
      if (size > 0) this.splitter.feed(chunk.subarray(0, size));
      else {
        this.close();
        this.splitter.finish();
      }
    }
    const line = this.ready[this.next] ?? null;
    this.next += 1;
    return line;
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }
}

export function openToRead(file: string): number {
  return reading(file, () => openSync(file, 'r'));
}

/** Does something to a file that may be away. */
export function reading<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throwFault(cause, file);
    const code = errorCode(cause);
    const why = code === 'ENOENT' ? 'there is no such file' : cause instanceof Error ? cause.message : String(cause);
    throw new StagewrightError('DataInvalid', `cannot read ${file}: ${why}`, { file }, { cause });
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value of a line, as Python would read it. @throws JsonFault */
export function valueOf({ bytes, start, end }: Readonly<Line>): PyValue {
  return loads(textOf(bytes.subarray(start, end)));
}

/** @throws JsonFault where the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new JsonFault('not UTF-8');
  }
}

/** Python's str.strip() in place. @returns whether something is left */
function trimmed(line: Line): boolean {
  const { bytes } = line;
  while (line.start < line.end) {
    const size = spaceAt(bytes, line.start, line.end);
    if (size === 0) break;
    line.start += size;
    line.offset += size;
  }
  while (line.start < line.end) {
    const size = spaceBefore(bytes, line.start, line.end);
    if (size === 0) break;
    line.end -= size;
  }
  return line.start < line.end;
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31);

/** Size of the white space that begins at `at`, in UTF-8; 0 where none does. */
function spaceAt(bytes: Buffer, at: number, end: number): number {
  const [a = 0, b = 0, c = 0] = [bytes[at], at + 1 < end ? bytes[at + 1] : 0, at + 2 < end ? bytes[at + 2] : 0];
  if (a < 0x80) return isSpace(a) ? 1 : 0;
  if (a === 0xc2) return b === 0x85 || b === 0xa0 ? 2 : 0;
  if (a === 0xe1) return b === 0x9a && c === 0x80 ? 3 : 0;
  if (a === 0xe3) return b === 0x80 && c === 0x80 ? 3 : 0;
  if (a !== 0xe2) return 0;
  if (b === 0x81) return c === 0x9f ? 3 : 0;
  return b === 0x80 && ((c >= 0x80 && c <= 0x8a) || c === 0xa8 || c === 0xa9 || c === 0xaf) ? 3 : 0;
}

function spaceBefore(bytes: Buffer, start: number, end: number): number {
  const last = bytes[end - 1] ?? 0;
  if (last < 0x80) return isSpace(last) ? 1 : 0;
  for (const size of [2, 3]) if (end - size >= start && spaceAt(bytes, end - size, end) === size) return size;
  return 0;
}
