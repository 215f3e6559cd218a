/** Compares files with what a manifest says of them: size first, then digests. Only reads. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '../core/checkpoint.js';
import { sha256File, sha256Header } from './digest.js';
import { errorCode, faultOf, isMissing } from './faults.js';
import { staysInside } from './layout.js';

export type Verdict =
  { readonly kind: 'whole' } | { readonly kind: 'damaged'; readonly file: string; readonly why: string };
export const WHOLE: Verdict = { kind: 'whole' };

/** The first file of `files` that is not as its entry says. Entries without sha256 are checked by size and header digest. */
export async function checkFiles(folder: string, files: readonly FileEntry[]): Promise<Verdict> {
  for (const entry of files) {
    const why = await whyDamaged(folder, entry);
    if (why !== null) return { kind: 'damaged', file: entry.path, why };
  }
  return WHOLE;
}

/** Null when the file is as its entry says. @throws StagewrightError when the file system does not answer. */
export async function whyDamaged(folder: string, entry: FileEntry): Promise<string | null> {
  if (!staysInside(entry.path)) return 'its path leaves the folder';
  const path = join(folder, entry.path);
  try {
    const found = await stat(path);
    if (!found.isFile()) return 'not a file';
    if (found.size !== entry.size) return `${found.size} bytes instead of ${entry.size}`;
    if (entry.header_sha256 !== undefined && (await sha256Header(path)) !== entry.header_sha256)
      return 'its first bytes have another sha256';
    if (entry.sha256 !== undefined && (await sha256File(path)) !== entry.sha256) return 'another sha256';
    return null;
  } catch (error) {
    if (isMissing(error)) return 'missing';
    if (errorCode(error) === 'ELOOP') return 'a loop of links';
    throw faultOf(error, path);
  }
}
