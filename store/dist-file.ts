/** Where compiled programs lie, seen from compiled code or from source under a test runner. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-root.js';

/** Absolute path of `dist/<path>`. STAGEWRIGHT_DIST names another dist folder for tests of a build of their own. */
export function distFile(path: string): string {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.js')) return join(dirname(dirname(here)), path);
  const given = process.env['STAGEWRIGHT_DIST'];
  if (given !== undefined) return join(given, path);
  return join(packageRoot(), 'dist', path);
}
