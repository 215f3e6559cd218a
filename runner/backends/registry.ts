/**
 * Backends by name. Those of an installation's own are ES modules whose paths STAGEWRIGHT_BACKENDS lists, each exporting
 * `backend`: set by whoever runs the host, never by a recipe.
 */
import { delimiter } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StagewrightError } from '../../core/failures.js';
import type { Backend } from './backend.js';
import { onnxBackend } from './onnx.js';

const BUILT_IN: readonly Backend[] = [onnxBackend];

/** All that this installation has: what recipes may ask for. */
export async function listBackends(env: NodeJS.ProcessEnv = process.env): Promise<readonly Backend[]> {
  return [...BUILT_IN, ...(await addedBackends(env))];
}

/** @throws StagewrightError UnknownName listing those known. */
export async function findBackend(name: string, env: NodeJS.ProcessEnv = process.env): Promise<Backend> {
  const known = await listBackends(env);
  const found = known.find((backend) => backend.name === name);
  if (found !== undefined) return found;
  const names = known.map((backend) => backend.name).sort();
  throw new StagewrightError('UnknownName', `unknown trainer backend "${name}"; known: ${names.join(', ')}`, { name });
}

async function addedBackends(env: NodeJS.ProcessEnv): Promise<Backend[]> {
  const paths = (env['STAGEWRIGHT_BACKENDS'] ?? '').split(delimiter).filter((path) => path !== '');
  const modules = paths.map(async (path) => {
    const module = (await import(pathToFileURL(path).href)) as { backend?: Backend };
    if (module.backend === undefined)
      throw new StagewrightError('UnknownName', `${path} (STAGEWRIGHT_BACKENDS) exports no "backend"`, { path });
    return module.backend;
  });
  return Promise.all(modules);
}
