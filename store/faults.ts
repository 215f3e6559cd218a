/**
 * What a file-system error means for a run: disk full, no permission, or a store that does not answer. It does not know which
 * error is worth another try: core/failures.ts does.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StagewrightError } from '../core/failures.js';

const DISK_FULL = ['ENOSPC', 'EDQUOT'];
const NO_PERMISSION = ['EACCES', 'EPERM', 'EROFS'];
/** What network file systems answer while their server is away. */
const UNREACHABLE = ['EIO', 'ESTALE', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENODEV', 'ENXIO'];

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The error to throw instead of `error`, which arose at `path`; `error` itself where it means nothing to us. */
export function faultOf(error: unknown, path: string): unknown {
  if (error instanceof StagewrightError) return error;
  const code = errorCode(error);
  if (code === undefined) return error;
  if (DISK_FULL.includes(code)) {
    const free = freeBytes(path);
    const left = free === null ? '' : ` (${free} bytes are free)`;
    return new StagewrightError(
      'DiskFull',
      `no space left for ${path}${left}: free some and retry`,
      { path, free_bytes: free },
      { cause: error },
    );
  }
  if (NO_PERMISSION.includes(code))
    return new StagewrightError('NoPermission', `may not write ${path} (${code})`, { path }, { cause: error });
  if (UNREACHABLE.includes(code)) return unreachable(path, code, error);
  return error;
}

/** Throws what `error` means where it is the disk's or the store's fault; returns where it is the file's own. */
export function throwFault(error: unknown, path: string): void {
  const fault = faultOf(error, path);
  if (fault !== error) throw fault;
}

export function unreachable(path: string, why: string, cause?: unknown): StagewrightError {
  return new StagewrightError('StoreUnreachable', `the store does not answer at ${path}: ${why}`, { path }, { cause });
}

/** Space that an unprivileged process may still use, or null where the file system does not say. */
function freeBytes(path: string): number | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch {
      if (at === dirname(at)) return null;
    }
  }
}
