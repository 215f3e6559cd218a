/** The embedded models that come with this installation: models/graphs/<name>/model.json and its graphs. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StagewrightError } from '../core/failures.js';
import { packageRoot } from './package-root.js';

function graphsFolder(): string {
  return join(packageRoot(), 'models', 'graphs');
}

/** sha256 of each model's model.json (which names its graphs' sha256), by name. */
export async function installedModels(): Promise<Record<string, string>> {
  const names = readdirSync(graphsFolder()).filter((name) => existsSync(join(graphsFolder(), name, 'model.json')));
  const entries = names.sort().map(async (name) => [name, await digest(name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** @throws StagewrightError UnknownName, or DigestMismatch when this host has another model of that name than the plan. */
export async function modelFolder(model: { readonly name: string; readonly sha256: string }): Promise<string> {
  const folder = join(graphsFolder(), model.name);
  if (!existsSync(join(folder, 'model.json')))
    throw new StagewrightError('UnknownName', `no model "${model.name}" in ${graphsFolder()}`);
  const found = await digest(model.name);
  if (found !== model.sha256)
    throw new StagewrightError(
      'DigestMismatch',
      `model ${model.name}: the plan names ${model.sha256.slice(0, 12)}, this host has ${found.slice(0, 12)}; install the same version everywhere`,
    );
  return folder;
}

async function digest(name: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(graphsFolder(), name, 'model.json')))
    .digest('hex');
}
