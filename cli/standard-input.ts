/** Standard input as a stream of bytes, for commands that are filters. */
import { createReadStream, fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { CommandError, EXIT } from './exit.js';

export const CHUNK = 256 * 1024;

/** A file is read in larger pieces than process.stdin reads. */
export function standardInput(): AsyncIterable<Buffer> & Readable {
  const input = fstatSync(0);
  if (input.isDirectory()) throw new CommandError('standard input is a folder; name a file of JSON lines', EXIT.usage);
  if (process.stdin.isTTY) process.stderr.write('reading JSON lines from the terminal; Ctrl-D ends them\n');
  return input.isFile() ? createReadStream('', { fd: 0, highWaterMark: CHUNK, autoClose: false }) : process.stdin;
}
