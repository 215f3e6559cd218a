/** Writes a long file line by line with its sha256, holding a chunk at a time. Making it durable is the folder's publisher's. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { faultOf } from './faults.js';

const CHUNK_CHARACTERS = 1 << 20;

export interface LineWriter {
  write(line: string): Promise<void>;
  readonly lines: number;
  /** Bytes so far: where the next line begins. */
  readonly bytes: number;
  /** @returns sha256 of the file */
  close(): Promise<string>;
}

export async function openLineWriter(file: string): Promise<LineWriter> {
  const handle = await open(file, 'wx').catch((error: unknown) => {
    throw faultOf(error, file);
  });
  const hash = createHash('sha256');
  let held: string[] = [];
  let characters = 0;
  let lines = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const chunk = Buffer.from(held.join(''));
    held = [];
    characters = 0;
    hash.update(chunk);
    try {
      await handle.writeFile(chunk);
    } catch (error) {
      throw faultOf(error, file);
    }
  };
  return {
    get lines() {
      return lines;
    },
    get bytes() {
      return bytes;
    },
    async write(line) {
      held.push(line, '\n');
      lines += 1;
      bytes += Buffer.byteLength(line) + 1;
      characters += line.length + 1;
      if (characters >= CHUNK_CHARACTERS) await flush();
    },
    async close() {
      await flush();
      await handle.close();
      return hash.digest('hex');
    },
  };
}
