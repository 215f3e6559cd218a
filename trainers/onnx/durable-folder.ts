/**
 * A folder that appears whole or not at all: files are written aside, each and the folder fsynced, then renamed. Also tells a full
 * disk and missing permission from other errors. It never removes a folder that it did not write.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StagewrightError } from '../../core/failures.js';
import { failPoint } from '../../store/fail-point.js';

export interface FolderFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes `files` into a fresh folder `partial` and returns with everything on disk; renaming is `publishFolder`'s.
 * @param point prefix of the fail points: `<point>-begin`, and `<point>-mid` after the first file.
 * @throws StagewrightError DiskFull (nothing is left behind), NoPermission.
 */
export async function writeAside(
  partial: string,
  files: readonly FolderFile[],
  point: 'save' | 'export',
): Promise<void> {
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    failPoint(`${point}-begin`);
    for (const [i, { path, bytes }] of files.entries()) {
      await writeSynced(join(partial, path), bytes);
      if (i === 0) failPoint(`${point}-mid`);
    }
    await syncFolder(partial);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(error, partial);
  }
}

/** The rename is the moment from which the folder exists. */
export async function publishFolder(partial: string, folder: string): Promise<void> {
  try {
    await rename(partial, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    throw diskError(error, folder);
  }
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The failure that an I/O error means; other errors pass unchanged. */
export function diskError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StagewrightError(
      'DiskFull',
      `no space left for ${path}: free some space, then go on`,
      { path },
      { cause: error },
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new StagewrightError('NoPermission', `${path} may not be written (${code})`, { path }, { cause: error });
  return error;
}
