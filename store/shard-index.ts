/**
 * Where every 256th row of a rows.jsonl begins, so that a shard reads its own rows and no others: 8 bytes for each 256 rows. The
 * file must not change: published sets do not.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { faultOf } from './faults.js';
import { readTail } from './tail.js';

export const rowIndexSchema = z.strictObject({
  rows: z.int().min(0),
  bytes: z.int().min(0),
  /** Offset of the first row of each shard. */
  starts: z.array(z.int().min(0)),
});
export type RowIndex = z.infer<typeof rowIndexSchema>;

/** Blank lines are no rows. */
export async function indexRows(file: string, shardRows: number): Promise<RowIndex> {
  const starts: number[] = [];
  let rows = 0;
  const bytes = await eachLine(file, (line, offset) => {
    if (isBlank(line)) return;
    if (rows % shardRows === 0) starts.push(offset);
    rows += 1;
  });
  return { rows, bytes, starts };
}

/** Text of the rows of a shard, each a line. */
export async function readShardLines(file: string, index: RowIndex, shard: number): Promise<string[]> {
  const from = index.starts[shard];
  if (from === undefined) return [];
  const size = (index.starts[shard + 1] ?? index.bytes) - from;
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw faultOf(error, file);
  });
  try {
    const buffer = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(buffer, filled, size - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } finally {
    await handle.close();
  }
}

/** Whole lines, and what follows the last newline. @returns size of the file */
async function eachLine(file: string, onLine: (line: Buffer, offset: number) => void): Promise<number> {
  const end = await readTail(file, 0, onLine);
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw faultOf(error, file);
  });
  try {
    const { size } = await handle.stat();
    if (size > end) {
      const rest = Buffer.alloc(size - end);
      await handle.read(rest, 0, rest.length, end);
      onLine(rest, end);
    }
    return size;
  } finally {
    await handle.close();
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  return true;
}
