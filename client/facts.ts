/** What the planner must know of this installation and of the recipe's own data folders: digests and versions, all of which enter keys. */
import { dirname, resolve } from 'node:path';
import { digitsSha256 } from '../store/digits-images.js';
import { DIGITS_VERIFIER } from '../core/digits/grade.js';
import type { PlanFacts } from '../core/plan.js';
import type { Recipe } from '../core/recipe.js';
import { VERIFIER_VERSIONS } from '../core/verify/verifiers.js';
import { versionsOf } from '../core/trainer-versions.js';
import { listBackends } from '../runner/backends/registry.js';
import { digestCaptions } from '../store/captions.js';
import { digestFolder } from '../store/folder-digest.js';
import { installedModels } from '../store/models.js';

/** @param file the recipe's file: its data folders are relative to it. @throws StagewrightError DataInvalid for a folder that cannot be read */
export async function readFacts(recipe: Recipe, file: string): Promise<PlanFacts> {
  const folders: Record<string, { folder: string; content_sha256: string }> = {};
  for (const settings of Object.values(recipe.data)) {
    if (settings.generator !== 'folder' && settings.generator !== 'captions') continue;
    const folder = resolve(dirname(file), settings.path);
    const digest = settings.generator === 'captions' ? digestCaptions : digestFolder;
    folders[settings.path] = { folder, content_sha256: await digest(folder) };
  }
  return {
    models: await installedModels(),
    trainers: Object.fromEntries(
      (await listBackends()).map((backend) => [
        backend.name,
        { version: backend.version, versions: versionsOf(backend) },
      ]),
    ),
    digits_sha256: await digitsSha256(),
    verifier: DIGITS_VERIFIER,
    verifiers: Object.fromEntries(Object.entries(VERIFIER_VERSIONS).map(([name, version]) => [name, { version }])),
    folders,
  };
}
