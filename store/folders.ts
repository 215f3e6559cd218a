/** Folders published whole (data sets), and the small files of evaluations. A half-made folder never has its final name. */
import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { errorCode, faultOf, isMissing } from './faults.js';
import { layout } from './layout.js';
import { makeFolder, syncFolder, type Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';

const PARTIAL = '.partial-';
/** Nobody makes a data set for this long: what is left of a killed process may go. */
export const ABANDONED_MS = 24 * 3600 * 1000;

export interface Folders {
  /** Absolute folder of a data set, or null while there is none. */
  findData(key: string): Promise<string | null>;
  /** The data set's folder; `make` fills an empty one unless it exists. Two at once make the same bytes, and the first one's stay. */
  publishData(key: string, make: (folder: string) => Promise<void>): Promise<string>;
  /** A small JSON file of an evaluation, created once; false when it exists. */
  commitEvaluation(key: string, name: string, value: unknown): Promise<boolean>;
  /** @throws StagewrightError Internal naming a damaged file. */
  readEvaluation<T>(key: string, name: string, schema: z.ZodType<T>): Promise<T | null>;
  listEvaluation(key: string): Promise<string[]>;
}

export function createFolders(objects: Objects): Folders {
  const findData: Folders['findData'] = async (key) => {
    const folder = objects.path(layout.data(key));
    try {
      await access(folder);
      return folder;
    } catch (error) {
      if (!isMissing(error)) throw faultOf(error, folder);
      // Asks whether the store answers at all.
      await objects.list('data');
      return null;
    }
  };
  return {
    findData,
    async publishData(key, make) {
      const found = await findData(key);
      if (found !== null) return found;
      const folder = objects.path(layout.data(key));
      const parent = objects.path('data');
      const partial = join(parent, `${PARTIAL}${randomBytes(9).toString('hex')}`);
      try {
        await makeFolder(parent);
        await removeAbandoned(parent);
        await mkdir(partial);
        await make(partial);
        await syncTree(partial);
        await rename(partial, folder).catch((error: unknown) => {
          if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
        });
        await syncFolder(parent);
      } catch (error) {
        throw faultOf(error, partial);
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
      return folder;
    },
    commitEvaluation: (key, name, value) => createRecord(objects, `${layout.evaluation(key)}/${name}`, value),
    readEvaluation: (key, name, schema) => readRecord(objects, `${layout.evaluation(key)}/${name}`, schema),
    listEvaluation: (key) => objects.list(layout.evaluation(key)),
  };
}

/** Makes every file and folder under `folder` durable. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const handle = await open(path, 'r');
      await handle.sync().finally(() => handle.close());
    }
  }
  await syncFolder(folder);
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PARTIAL)) continue;
    const path = join(parent, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
