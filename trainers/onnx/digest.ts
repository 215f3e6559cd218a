/** sha256 of files, and their comparison with what a job names. Files of the embedded model are small, so they are read whole. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { HashedFile } from '../../core/checkpoint.js';
import { StagewrightError, type FailureType } from '../../core/failures.js';
import { throwFault } from '../../store/faults.js';

export function sha256OfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Reads a file that is known by its digest.
 * @param what for the error, e.g. `initial weights`.
 * @throws StagewrightError of `type`, naming the file, when it is missing or holds other bytes.
 */
export async function readVerified(
  file: string,
  expected: { readonly sha256: string; readonly size?: number },
  what: string,
  type: FailureType = 'DigestMismatch',
): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throwFault(cause, file);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StagewrightError(type, `${what}: cannot read ${file}: ${why}`, { file }, { cause });
  });
  if (expected.size !== undefined && bytes.length !== expected.size)
    throw new StagewrightError(type, `${what}: ${file} has ${bytes.length} bytes, expected ${expected.size}`, { file });
  const actual = sha256OfBytes(bytes);
  if (actual !== expected.sha256)
    throw new StagewrightError(type, `${what}: ${file} has sha256 ${actual}, expected ${expected.sha256}`, { file });
  return bytes;
}

/** @param path relative, as it shall be listed. */
export function describeFile(path: string, bytes: Uint8Array): HashedFile {
  return { path, size: bytes.length, sha256: sha256OfBytes(bytes) };
}
