/** What the planner must know of this installation and of the recipe's own data folders: digests and versions, all of which enter keys. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DIGITS_VERIFIER } from '../core/digits/grade.js';
import type { PlanFacts } from '../core/plan.js';
import type { Recipe } from '../core/recipe.js';
import { listBackends } from '../runner/backends/registry.js';
import { digestFolder } from '../store/folder-digest.js';
import { ROOT } from './root.js';

/** @param file the recipe's file: its data folders are relative to it. @throws StagewrightError DataInvalid for a folder that cannot be read */
export async function readFacts(recipe: Recipe, file: string): Promise<PlanFacts> {
  const folders: Record<string, { folder: string; content_sha256: string }> = {};
  for (const settings of Object.values(recipe.data)) {
    if (settings.generator !== 'folder') continue;
    const folder = resolve(dirname(file), settings.path);
    folders[settings.path] = { folder, content_sha256: await digestFolder(folder) };
  }
  return {
    models: await readModels(),
    trainers: Object.fromEntries((await listBackends()).map(({ name, version }) => [name, { version }])),
    digits_sha256: await sha256Of(join(ROOT, 'data', 'digits.csv.gz')),
    verifier: DIGITS_VERIFIER,
    folders,
  };
}

/** sha256 of each model.json, which names the sha256 of its graphs. */
async function readModels(): Promise<Record<string, string>> {
  const graphs = join(ROOT, 'models', 'graphs');
  const names = (await readdir(graphs)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await sha256Of(join(graphs, name, 'model.json'))] as const)),
  );
}

async function sha256Of(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
