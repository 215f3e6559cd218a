/** The digit images that scenes are made of: data/digits.csv.gz (UCI Optical Recognition of Handwritten Digits, CC BY 4.0). */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { DigitImages } from '../../core/digits/scene.js';
import { TILE_PIXELS } from '../../core/digits/vocabulary.js';
import { StagewrightError } from '../../core/failures.js';

/** data/digits.csv.gz of this package, from source or from dist. */
export function digitsFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'data', 'digits.csv.gz');
}

/** sha256 of the file as it is: what plans and derivations name. */
export async function digitsSha256(file = digitsFile()): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** @throws StagewrightError DigestMismatch when the file is another than the derivation names. */
export async function loadDigitImages(expectedSha256: string, file = digitsFile()): Promise<DigitImages> {
  const bytes = await readFile(file);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== expectedSha256)
    throw new StagewrightError(
      'DigestMismatch',
      `${file} has sha256 ${found}; the data set was planned from ${expectedSha256}`,
    );
  const table = gunzipSync(bytes)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return {
    pixels: table.map((values) => Uint8Array.from(values.slice(0, TILE_PIXELS))),
    labels: table.map((values) => values[TILE_PIXELS] ?? -1),
  };
}
