/** Which data set a person means: a folder of rows, the first letters of a key in the store, or a recipe's file and a name in it. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import { planData } from '../core/plan-data.js';
import { layout } from '../store/layout.js';
import { ROWS_FILE } from '../store/rows.js';
import type { Store } from '../store/store.js';
import { readFacts } from './facts.js';
import { planFile } from './plan-file.js';

export interface FoundData {
  readonly folder: string;
  /** As the recipe calls it; undefined where none was named. */
  readonly name?: string;
}
export interface DataQuery {
  /** In the recipe. */
  readonly name?: string | undefined;
  readonly variant?: string | undefined;
  readonly seed?: number | undefined;
  /** Asked only where a key or a recipe is meant. */
  readonly store: () => Promise<Store>;
}

const SHORTEST_KEY = 4;

/** @throws StagewrightError UnknownName, RecipeInvalid, StoreUnreachable */
export async function findDataSet(meant: string, query: DataQuery): Promise<FoundData> {
  if (existsSync(meant) && statSync(meant).isDirectory()) {
    if (!existsSync(join(meant, ROWS_FILE)))
      throw new StagewrightError('UnknownName', `${meant} holds no ${ROWS_FILE}: it is no data set`);
    return { folder: resolve(meant) };
  }
  if (existsSync(meant)) return ofRecipe(meant, query);
  if (!/^[0-9a-f]+$/u.test(meant) || meant.length < SHORTEST_KEY)
    throw new StagewrightError(
      'UnknownName',
      `"${meant}" is no folder, no recipe's file and no key (${SHORTEST_KEY} or more of its first letters) of a data set`,
    );
  return ofKey(meant, await query.store());
}

async function ofKey(meant: string, store: Store): Promise<FoundData> {
  const keys = (await store.objects.list(layout.dataSets)).filter((key) => /^[0-9a-f]{64}$/u.test(key));
  const found = keys.filter((key) => key.startsWith(meant)).sort();
  const [only, ...more] = found;
  if (only === undefined)
    throw new StagewrightError(
      'UnknownName',
      `no data set "${meant}" in the store ${store.root}, which holds ${keys.length}`,
    );
  if (more.length > 0)
    throw new StagewrightError(
      'UnknownName',
      `${found.length} data sets of the store begin with "${meant}": ${found.map((key) => key.slice(0, 12)).join(', ')}`,
    );
  return { folder: store.objects.path(layout.data(only)) };
}

async function ofRecipe(file: string, { name, variant, seed, store }: DataQuery): Promise<FoundData> {
  const { recipe, plan } = await planFile(file, { variant, seed });
  const names = Object.keys(recipe.data);
  if (name === undefined)
    throw new StagewrightError('UnknownName', `which data set of ${file}? Name it: ${names.join(', ')}`);
  if (!names.includes(name))
    throw new StagewrightError('UnknownName', `no data set "${name}" in ${file}; ${hint(name, names)}`);
  const { key, folder } = planData(recipe, name, { facts: await readFacts(recipe, file), before: plan.stages });
  const made = await (await store()).findData(key);
  if (made !== null) return { folder: made, name };
  // One's own rows can be looked at before anything is made of them.
  if (folder !== null && existsSync(join(folder, ROWS_FILE))) return { folder, name };
  throw new StagewrightError(
    'UnknownName',
    `data set "${name}" of ${file} (key ${key.slice(0, 12)}) is not in the store yet; it is made by: stagewright run ${file}`,
  );
}
