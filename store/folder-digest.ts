/** Identity of one's own rows: a sha256 over rows.jsonl and every image that its rows name. Does not judge the rows. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { derivationKey } from '../core/canonical-json.js';
import { StagewrightError } from '../core/failures.js';
import { throwFault } from './faults.js';

const imagesOnly = z.object({ images: z.array(z.string()) });

/** @throws StagewrightError DataInvalid naming the file and line that cannot be read. */
export async function digestFolder(folder: string): Promise<string> {
  const rowsFile = join(folder, 'rows.jsonl');
  const rows = await read(rowsFile, rowsFile);
  const digests: Record<string, string> = { 'rows.jsonl': sha256(rows) };
  for (const [i, line] of rows.toString('utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = imagesOnly.safeParse(parseLine(line));
    if (!row.success) throw new StagewrightError('DataInvalid', `${rowsFile}:${i + 1}: not a row with "images"`);
    for (const image of row.data.images)
      digests[image] ??= sha256(await read(join(folder, image), `${rowsFile}:${i + 1}`));
  }
  return derivationKey(digests);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function read(path: string, where: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throwFault(cause, path);
    throw new StagewrightError('DataInvalid', `${where}: cannot read ${path}`, { path }, { cause });
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
