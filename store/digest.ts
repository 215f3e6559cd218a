/** sha256 of files, whole or of their head, streamed: a 100 GB checkpoint never sits in memory. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Bytes of a foreign file that its header digest covers: enough for a safetensors or zip header of most files. */
export const HEADER_BYTES = 64 * 1024;
/** About 4 ms of hashing. */
const CHUNK_BYTES = 2 * 1024 * 1024;

/** Yields to the event loop between chunks, so that whoever renews or heartbeats beside it is not held up. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
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
