/**
 * The five primitives that everything durable is built of (put exclusive, put replacing, get, list, delete), on a file system.
 * Kept this small so that an object store can follow (S3: If-None-Match). Keys are paths relative to the root, with `/`.
 */
import { randomBytes } from 'node:crypto';
import { access, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, faultOf, isMissing, unreachable } from './faults.js';

/** Marks a folder as a store. Where a network mount is gone, its empty mount point lacks it: nothing may be written there. */
export const STORE_FILE = 'store.json';
const TEMPORARY = '.tmp-';

export interface Objects {
  readonly root: string;
  /** Creates `key` with all its bytes or not at all. False when it exists. */
  putExclusive(key: string, bytes: string | Uint8Array): Promise<boolean>;
  /** Replaces `key` as a whole. `durable: false` spares the disk where losing the newest version in a power cut is harmless. */
  putReplace(key: string, bytes: string | Uint8Array, options?: { readonly durable?: boolean }): Promise<void>;
  get(key: string): Promise<Buffer | null>;
  /** Names directly under `key`, sorted; empty when there is none. */
  list(key: string): Promise<string[]>;
  /** Removes a file or a whole folder; absent is fine. */
  delete(key: string): Promise<void>;
  /** Absolute path of a key. */
  path(key: string): string;
}

export function fileObjects(root: string): Objects {
  const path = (key: string): string => join(root, key);

  const assertRoot = async (): Promise<void> => {
    try {
      await access(join(root, STORE_FILE));
    } catch (error) {
      throw isMissing(error) ? unreachable(root, `${STORE_FILE} is not there`, error) : faultOf(error, root);
    }
  };
  /** `absent` where the key is not there, once it is sure that the store itself is. */
  const orAbsent = async <T>(key: string, absent: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!isMissing(error)) throw faultOf(error, path(key));
      await assertRoot();
      return absent;
    }
  };
  const writing = async <T>(key: string, work: (temporary: string) => Promise<T>): Promise<T> => {
    await assertRoot();
    const folder = dirname(path(key));
    const temporary = join(folder, `${TEMPORARY}${randomBytes(9).toString('hex')}`);
    try {
      await makeFolder(folder);
      return await work(temporary);
    } catch (error) {
      throw faultOf(error, path(key));
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  };

  return {
    root,
    path,
    putExclusive: (key, bytes) =>
      writing(key, async (temporary) => {
        await writeSynced(temporary, bytes);
        try {
          await link(temporary, path(key));
        } catch (error) {
          if (errorCode(error) !== 'EEXIST') throw error;
          // NFS may answer EEXIST to a repeated request whose first copy succeeded: then the file has two names.
          if ((await stat(temporary)).nlink !== 2) return false;
        }
        await syncFolder(dirname(path(key)));
        return true;
      }),
    putReplace: (key, bytes, { durable = true } = {}) =>
      writing(key, async (temporary) => {
        await writeSynced(temporary, bytes, durable);
        await rename(temporary, path(key));
        if (durable) await syncFolder(dirname(path(key)));
      }),
    get: (key) => orAbsent<Buffer | null>(key, null, () => readFile(path(key))),
    list: (key) =>
      orAbsent(key, [], async () =>
        (await readdir(path(key))).filter((name) => !name.startsWith(TEMPORARY)).sort((a, b) => (a < b ? -1 : 1)),
      ),
    delete: async (key) => {
      try {
        await rm(path(key), { recursive: true, force: true });
      } catch (error) {
        throw faultOf(error, path(key));
      }
    },
  };
}

/**
 * Creates a folder with its parents, each made durable in the one above it. Not by `recursive: true`, which reports a read-only
 * file system as ENOENT.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    return makeFolder(folder);
  }
  await syncFolder(dirname(folder));
}

/** Makes the entries of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeSynced(file: string, bytes: string | Uint8Array, durable = true): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
}
