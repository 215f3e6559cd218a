/**
 * Writes a digits data set as files a person can open: rows.jsonl, images/*.png (one picture a scene) and derivation.json. The
 * same derivation gives the same bytes. Making the folder whole and durable (aside, fsync, rename) is the caller's store's.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { canonicalJson } from '../../core/canonical-json.js';
import { digitsDerivationSchema, type DigitsDerivation } from '../../core/digits/derivation.js';
import { digitsRows } from '../../core/digits/dataset.js';
import { SCENE_SIDE } from '../../core/digits/vocabulary.js';
import { ROWS_FILE } from '../../store/rows.js';
import { loadDigitImages } from '../../store/digits-images.js';

export const DERIVATION_FILE = 'derivation.json';

export interface MaterialisedDigits {
  readonly rows: number;
  readonly rows_sha256: string;
  readonly pictures: number;
}

/** @param outDir an empty folder (made if absent). @throws StagewrightError DigestMismatch, RecipeInvalid. */
export async function materialiseDigits(derivation: DigitsDerivation, outDir: string): Promise<MaterialisedDigits> {
  const settled = digitsDerivationSchema.parse(derivation);
  const { rows, pictures } = digitsRows(settled, await loadDigitImages(settled.digits_sha256));
  await mkdir(join(outDir, 'images'), { recursive: true });
  let count = 0;
  for (const { path, pixels } of pictures()) {
    await writeFile(
      join(outDir, path),
      encode({ width: SCENE_SIDE, height: SCENE_SIDE, data: pixels, depth: 8, channels: 1 }),
    );
    count++;
  }
  const text = rows.map((row) => `${canonicalJson(row)}\n`).join('');
  await writeFile(join(outDir, DERIVATION_FILE), `${canonicalJson(settled)}\n`);
  await writeFile(join(outDir, ROWS_FILE), text);
  return { rows: rows.length, rows_sha256: createHash('sha256').update(text).digest('hex'), pictures: count };
}
