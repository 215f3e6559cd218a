/** Standard input as a stream of bytes, for commands that are filters. */
import { createReadStream, fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';

export const CHUNK = 256 * 1024;

/** A file is read in larger pieces than process.stdin reads. */
export function standardInput(): AsyncIterable<Buffer> & Readable {
  return fstatSync(0).isFile()
    ? createReadStream('', { fd: 0, highWaterMark: CHUNK, autoClose: false })
    : process.stdin;
}
