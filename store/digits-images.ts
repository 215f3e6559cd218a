/** The digit images that scenes are made of: data/digits.csv.gz (UCI Optical Recognition of Handwritten Digits, CC BY 4.0). */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DigitImages } from '../core/digits/scene.js';
import { TILE_PIXELS } from '../core/digits/vocabulary.js';
import { StagewrightError } from '../core/failures.js';
import { packageRoot } from './package-root.js';

function digitsFile(): string {
  return join(packageRoot(), 'data', 'digits.csv.gz');
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
