/** Bytes of files below a folder, as their sizes say. What vanishes meanwhile does not count. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { faultOf, isMissing } from './faults.js';

/** Of a file or a folder; links are not followed. */
export async function bytesBelow(path: string): Promise<number> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) return found.size;
    let sum = 0;
    for (const name of await readdir(path)) sum += await bytesBelow(join(path, name));
    return sum;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw faultOf(error, path);
  }
}
