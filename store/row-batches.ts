/**
 * Lines of a file in batches, for work that waits (decoding pictures) between reading a row and being done with it. Memory holds one
 * batch. What does not wait reads with json-lines.ts itself.
 */
import { createReadStream } from 'node:fs';
import type { PyValue } from '../core/data/python-value.js';
import { JsonFault } from '../core/data/python-json.js';
import { StagewrightError } from '../core/failures.js';
import { errorCode, throwFault } from './faults.js';
import { LineSplitter, valueOf } from './json-lines.js';

export interface BatchedRow {
  readonly line: number;
  /** Of the line's first byte in the file. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** Why it is no JSON; its value is null then. */
  readonly fault: string | null;
  readonly value: PyValue;
}

const BATCH_ROWS = 256;
const CHUNK = 256 * 1024;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Longer lines are faults. */
export const ROW_LIMIT = 16 * 1024 * 1024;

/** @throws StagewrightError DataInvalid where the file cannot be read. */
export async function* rowBatches(
  file: string,
  start = 0,
  atOnce = BATCH_ROWS,
  chunk = CHUNK,
): AsyncGenerator<BatchedRow[]> {
  let batch: BatchedRow[] = [];
  let size = 0;
  const splitter = new LineSplitter(
    {
      line(line) {
        const bytes = Buffer.from(line.bytes.subarray(line.start, line.end));
        size += bytes.length;
        batch.push({ line: line.number, offset: start + line.offset, bytes, ...read(line) });
      },
      long(number, bytes) {
        const fault = `a line of ${bytes} bytes, more than ${ROW_LIMIT}`;
        batch.push({ line: number, offset: -1, bytes: Buffer.alloc(0), fault, value: null });
      },
    },
    ROW_LIMIT,
  );
  try {
    for await (const piece of createReadStream(file, { start, highWaterMark: chunk })) {
      splitter.feed(piece as Buffer);
      if (batch.length < atOnce && size < BATCH_BYTES) continue;
      yield batch;
      [batch, size] = [[], 0];
    }
  } catch (cause) {
    throwFault(cause, file);
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new StagewrightError('DataInvalid', `cannot read ${file}: ${why}`, { file }, { cause });
  }
  splitter.finish();
  if (batch.length > 0) yield batch;
}

function read(line: Parameters<typeof valueOf>[0]): Pick<BatchedRow, 'fault' | 'value'> {
  try {
    return { fault: null, value: valueOf(line) };
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error.message, value: null };
    throw error;
  }
}
