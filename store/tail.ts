/** Reads the lines that were added to a file since the last look, and single lines by their offset. Only whole lines count. */
import { open, type FileHandle } from 'node:fs/promises';
import { faultOf, isMissing } from './faults.js';

const CHUNK_BYTES = 1 << 20;
const LINE_BYTES = 1 << 10;
const NEWLINE = 0x0a;

/**
 * Calls `onLine` for each line from `from` on that has its newline; `line` is valid during the call only. What follows the last
 * newline was cut off by a crash, or is still being written.
 * @returns The offset behind the last newline. A file that is gone has no lines.
 */
export async function readTail(
  path: string,
  from: number,
  onLine: (line: Buffer, offset: number) => void,
): Promise<number> {
  const file = await openOrNull(path);
  if (file === null) return from;
  try {
    if ((await file.stat()).size <= from) return from;
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let held = 0;
    let start = from;
    for (;;) {
      const { bytesRead } = await file.read(buffer, held, buffer.length - held, start + held);
      if (bytesRead === 0) return start;
      held += bytesRead;
      let used = 0;
      for (let end = buffer.indexOf(NEWLINE); end !== -1 && end < held; end = buffer.indexOf(NEWLINE, used)) {
        onLine(buffer.subarray(used, end), start + used);
        used = end + 1;
      }
      buffer.copyWithin(0, used, held);
      held -= used;
      start += used;
      if (held === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
  } catch (error) {
    throw faultOf(error, path);
  } finally {
    await file.close();
  }
}

/** Files whose single lines are read, of which a few stay open. */
export interface LineFiles {
  /** Null when the file, or the line's end, is not there. */
  read(path: string, offset: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

export function lineFiles(most = 32): LineFiles {
  /** In order of use, the oldest first. */
  const open = new Map<string, Promise<FileHandle | null>>();

  const handleOf = async (path: string): Promise<FileHandle | null> => {
    const held = open.get(path) ?? openOrNull(path);
    open.delete(path);
    open.set(path, held);
    for (const [oldest, handle] of open) {
      if (open.size <= most) break;
      open.delete(oldest);
      // Node waits with the close for reads under way.
      void handle.then((one) => one?.close()).catch(() => undefined);
    }
    try {
      const handle = await held;
      if (handle === null) open.delete(path);
      return handle;
    } catch (error) {
      open.delete(path);
      throw error;
    }
  };

  return {
    read: async (path, offset) => {
      const file = await handleOf(path);
      if (file === null) return null;
      try {
        for (let length = LINE_BYTES; ; length *= 4) {
          const buffer = Buffer.allocUnsafe(length);
          const { bytesRead } = await file.read(buffer, 0, length, offset);
          const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
          if (end !== -1) return buffer.subarray(0, end);
          if (bytesRead < length) return null;
        }
      } catch (error) {
        open.delete(path);
        throw faultOf(error, path);
      }
    },
    close: async () => {
      const handles = [...open.values()];
      open.clear();
      for (const handle of handles) await (await handle.catch(() => null))?.close();
    },
  };
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw faultOf(error, path);
  }
}
