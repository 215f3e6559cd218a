/** Which stages of a store a person means: by a stage's name, the first letters of its key, or a recipe (file, name or workflow id). */
import { existsSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import { listStageKeys, readStageName } from '../store/inventory.js';
import type { Store } from '../store/store.js';

export interface NamedStage {
  readonly key: string;
  readonly name: string | null;
}
export interface StageQuery {
  /** A recipe's file, name or workflow id: only its stages are meant. */
  readonly recipe?: string | undefined;
  /** Asked only for a recipe that is no file. */
  readonly connect: () => Promise<Client>;
}

export interface RecipeStages {
  readonly recipe: string;
  readonly keys: readonly string[];
}

/** @throws StagewrightError UnknownName, RecipeInvalid, ServerUnreachable */
export async function stagesOfRecipe(meant: string, connect: StageQuery['connect']): Promise<RecipeStages> {
  if (existsSync(meant)) {
    const { planFile } = await import('./plan-file.js');
    const { plan } = await planFile(meant);
    return { recipe: plan.recipe, keys: plan.stages.map(({ key }) => key) };
  }
  // Loaded at need: most commands about a store never ask a server.
  const { findCurriculum } = await import('./find-curriculum.js');
  const { takeSnapshot } = await import('./snapshot.js');
  const client = await connect();
  try {
    const { status } = await takeSnapshot(client, await findCurriculum(client, meant));
    return { recipe: status.recipe, keys: status.stages.map(({ key }) => key) };
  } finally {
    await client.connection.close();
  }
}

/** Stages of the store, in a stable order; all of them when nothing is meant. @throws StagewrightError UnknownName */
export async function findStages(store: Store, meant: string | undefined, query: StageQuery): Promise<NamedStage[]> {
  const within = query.recipe === undefined ? null : await stagesOfRecipe(query.recipe, query.connect);
  const all: NamedStage[] = [];
  for (const key of await listStageKeys(store))
    if (within === null || within.keys.includes(key)) all.push({ key, name: await readStageName(store, key) });
  if (meant === undefined) return all;
  const found = all.filter(({ key, name }) => name === meant || (meant.length >= 4 && key.startsWith(meant)));
  if (found.length > 0) return found;
  if (within === null && existsSync(meant)) {
    const { keys } = await stagesOfRecipe(meant, query.connect);
    return all.filter(({ key }) => keys.includes(key));
  }
  const names = [...new Set(all.flatMap(({ name }) => name ?? []))].sort();
  throw new StagewrightError(
    'UnknownName',
    `no stage "${meant}" in the store ${store.root}; ${hint(meant, names)}` +
      (within === null ? '. A recipe is meant by its file, or by its name with --recipe' : ''),
  );
}

/** @throws StagewrightError UnknownName, also when several are meant: it lists their keys. */
export async function findOneStage(store: Store, meant: string, query: StageQuery): Promise<NamedStage> {
  const found = await findStages(store, meant, query);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const keys = found.map(({ key }) => key.slice(0, 12)).join(', ');
  throw new StagewrightError(
    'UnknownName',
    `${found.length} stages of the store are "${meant}": ${keys}. Give the first letters of the key, or --recipe`,
  );
}
