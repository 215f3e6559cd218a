/** Removes from `dist/` what no source compiles to any more: tsc leaves it there, and it would be packed, or run by accident. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

const COMPILED = /\.(?:js|js\.map|d\.ts)$/u;
/** Made by the build, not by the compiler. */
const BUILT = new Set(['workflow-bundle.js']);

/** @returns {string[]} what was removed, relative to dist */
export function pruneDist(dist = join(ROOT, 'dist'), sources = ROOT) {
  if (!existsSync(dist)) return [];
  const stale = readdirSync(dist, { recursive: true })
    .filter((name) => COMPILED.test(name) && !BUILT.has(name))
    .filter((name) => !existsSync(join(sources, name.replace(COMPILED, '.ts'))));
  for (const name of stale) rmSync(join(dist, name));
  return stale;
}
