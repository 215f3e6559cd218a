/** Where compiled programs lie, seen from compiled code or from source under a test runner. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of `dist/<path>`. STAGEWRIGHT_DIST names another dist folder for tests of a build of their own. */
export function distFile(path: string): string {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.js')) return join(dirname(dirname(here)), path);
  const given = process.env['STAGEWRIGHT_DIST'];
  if (given !== undefined) return join(given, path);
  let folder = dirname(here);
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'dist', path);
}
