// Writes the data sets of the study (models/study.py), as the product makes them, for each seed:
//   npx tsc -p tsconfig.json && node models/study-data.mjs OUT SEED...     (STAGEWRIGHT_DIST: another dist folder)
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const dist = resolve(process.env.STAGEWRIGHT_DIST ?? new URL('../dist', import.meta.url).pathname);
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { materialiseDigits } = await load('activities/data/digits-dataset.js');
const { digitsSha256 } = await load('store/digits-images.js');
const { digitsDerivationSchema } = await load('core/digits/derivation.js');

const [out, ...seeds] = process.argv.slice(2);
const sets = JSON.parse(readFileSync(new URL('study.json', import.meta.url), 'utf8')).data;
const digits_sha256 = await digitsSha256();
for (const seed of seeds.map(Number))
  for (const [name, settings] of Object.entries(sets)) {
    const folder = join(out, String(seed), name);
    if (existsSync(join(folder, 'rows.jsonl'))) continue;
    const derivation = digitsDerivationSchema.parse({
      generator: 'digits',
      version: 1,
      digits_sha256,
      seed,
      ...settings,
    });
    console.log(folder, await materialiseDigits(derivation, folder));
  }
