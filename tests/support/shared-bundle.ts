/** The workflow bundle of today's code, made once for all files that run beside one server: each would take seconds to make its own. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { buildBundle } from '../../workers/bundle.js';

/** Path of its code. */
export async function sharedBundle(): Promise<string> {
  const path = join(inject('bundleFolder'), 'workflows.js');
  if (existsSync(path)) return path;
  const { code } = await buildBundle();
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, code);
  renameSync(aside, path);
  return path;
}
