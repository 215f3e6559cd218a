/** Reads a growing JSON Lines file from where it stopped. A torn last line waits for its rest; a file not there yet is empty. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { faultOf, isMissing } from '../store/faults.js';

const CHUNK_BYTES = 1024 * 1024;

export interface Tail {
  /** Whole lines that were added since the last call. @throws StagewrightError StoreUnreachable when the file system is away. */
  read(): string[];
}

export function tailLines(path: string): Tail {
  let offset = 0;
  let rest = Buffer.alloc(0);
  return {
    read() {
      let handle: number;
      try {
        handle = openSync(path, 'r');
      } catch (error) {
        if (isMissing(error)) return [];
        throw faultOf(error, path);
      }
      const lines: string[] = [];
      try {
        const { size } = fstatSync(handle);
        while (offset < size) {
          const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - offset));
          const bytes = readSync(handle, chunk, 0, chunk.length, offset);
          if (bytes === 0) break;
          offset += bytes;
          rest = Buffer.concat([rest, chunk.subarray(0, bytes)]);
          for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
            lines.push(rest.subarray(0, end).toString('utf8'));
            rest = rest.subarray(end + 1);
          }
        }
      } catch (error) {
        throw faultOf(error, path);
      } finally {
        closeSync(handle);
      }
      return lines;
    },
  };
}
