/** sha256 of files, whole or of their head, streamed: a 100 GB checkpoint never sits in memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** Bytes of a foreign file that its header digest covers: enough for a safetensors or zip header of most files. */
export const HEADER_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** Yields to the event loop between chunks, so that whoever renews or heartbeats beside it is not held up. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const options = { highWaterMark: CHUNK_BYTES, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of createReadStream(path, options)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** sha256 of the first HEADER_BYTES (the whole file when shorter). */
export async function sha256Header(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(HEADER_BYTES);
    let filled = 0;
    while (filled < HEADER_BYTES) {
      const { bytesRead } = await handle.read(buffer, filled, HEADER_BYTES - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return createHash('sha256').update(buffer.subarray(0, filled)).digest('hex');
  } finally {
    await handle.close();
  }
}
