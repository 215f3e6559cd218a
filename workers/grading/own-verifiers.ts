/**
 * A user's own verifiers: a module that the worker's configuration names (STAGEWRIGHT_VERIFIERS), never a recipe. It exports
 * `verifiers`, an object of functions `(item) => verdict` by name. It is loaded in a thread of the pool only.
 */
import { pathToFileURL } from 'node:url';
import { StagewrightError } from '../../core/failures.js';
import type { Item } from '../../core/verify/contract.js';
import { isVerifierName } from '../../core/verify/verifiers.js';

export type OwnVerifier = (item: Item) => unknown;

/** @throws StagewrightError SettingsMissing */
export async function loadOwnVerifiers(file: string): Promise<ReadonlyMap<string, OwnVerifier>> {
  const fail = (why: string, options?: ErrorOptions): StagewrightError =>
    new StagewrightError('SettingsMissing', `STAGEWRIGHT_VERIFIERS: ${file}: ${why}`, { file }, options);
  let module: { verifiers?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { verifiers?: unknown };
  } catch (error) {
    throw fail(`cannot be loaded: ${error instanceof Error ? error.message : 'unknown error'}`, { cause: error });
  }
  const { verifiers } = module;
  if (typeof verifiers !== 'object' || verifiers === null)
    throw fail('exports no "verifiers"; export const verifiers = { name: (item) => … }');
  const own = new Map<string, OwnVerifier>();
  for (const [name, verifier] of Object.entries(verifiers)) {
    if (typeof verifier !== 'function') throw fail(`verifier "${name}" is no function`);
    if (isVerifierName(name)) throw fail(`"${name}" is a verifier of stagewright's own; give yours another name`);
    own.set(name, verifier as OwnVerifier);
  }
  return own;
}
