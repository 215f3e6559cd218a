/**
 * What a recipe may write for a model, and for the `path` of a data set: an embedded name, a folder, or a repository of a hub
 * (`hf://org/name@revision`). Reads and writes the words only: a revision is resolved to a commit by the client (client/facts.ts),
 * a plan then holds `hf://org/name@<commit>`, and whoever needs the files has them fetched (activities).
 */
import { derivationKey } from './canonical-json.js';
import { StagewrightError } from './failures.js';

export const HUB_SCHEME = 'hf://';

export interface HubSource {
  readonly kind: 'hub';
  /** `org/name`. */
  readonly repository: string;
  /** Branch, tag or commit; `main` where none is written. */
  readonly revision: string;
}
export type ModelSource =
  | HubSource
  /** Relative to the recipe's file, or absolute. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'embedded'; readonly name: string };

/** What a hub calls a repository. */
export type HubKind = 'model' | 'dataset';

const PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/u;
const REVISION = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,250}[A-Za-z0-9])?$/u;
const COMMIT = /^[0-9a-f]{40}$/u;
const EMBEDDED = /^[a-z0-9][a-z0-9._-]{0,62}$/u;

/** @throws StagewrightError RecipeInvalid */
export function parseModelSource(text: string): ModelSource {
  if (text.startsWith(HUB_SCHEME)) return parseHub(text);
  if (isFolder(text)) return { kind: 'folder', path: text };
  if (EMBEDDED.test(text)) return { kind: 'embedded', name: text };
  throw invalid(
    `"${text}" is no model: write an embedded name (demo), a folder (./${text.replace(/^\.*\/*/u, '')}) or hf://org/name@revision`,
  );
}

/** The `path` of a data set: without the scheme it is a folder, however it begins. @throws StagewrightError RecipeInvalid */
export function parseDataPath(text: string): Exclude<ModelSource, { kind: 'embedded' }> {
  return text.startsWith(HUB_SCHEME) ? parseHub(text) : { kind: 'folder', path: text };
}

/** Why `text` is no model; null = it is one. For schemas, which must not throw. */
export function modelSourceComplaint(text: string): string | null {
  return complaintOf(() => parseModelSource(text));
}

/** As modelSourceComplaint, of a data set's path. */
export function dataPathComplaint(text: string): string | null {
  return complaintOf(() => parseDataPath(text));
}

/** Whether the revision is a commit already, which no hub needs to be asked for. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** As a plan and a key name it: the same words for the same bytes. */
export function hubName({ repository, revision }: Omit<HubSource, 'kind'>): string {
  return `${HUB_SCHEME}${repository}@${revision}`;
}

/** What stands for the bytes in keys: a commit names them all. @param commit 40 hex digits */
export function hubDigest(kind: HubKind, repository: string, commit: string): string {
  if (!isCommit(commit)) throw new StagewrightError('Internal', `${repository}: "${commit}" is no commit`);
  return derivationKey({ source: 'hub', kind, repository, commit });
}

function parseHub(text: string): HubSource {
  const rest = text.slice(HUB_SCHEME.length);
  const at = rest.indexOf('@');
  const repository = at < 0 ? rest : rest.slice(0, at);
  const revision = at < 0 ? 'main' : rest.slice(at + 1);
  const parts = repository.split('/');
  if (parts.length !== 2 || !parts.every((part) => PART.test(part) && !/--|\.\./u.test(part)))
    throw invalid(`"${text}" names no repository of a hub: write hf://org/name@revision`);
  if (!REVISION.test(revision) || /\.\.|\/\//u.test(revision))
    throw invalid(`"${text}": "${revision}" is no revision: write a branch, a tag or a commit after the @`);
  return { kind: 'hub', repository, revision };
}

const isFolder = (text: string): boolean => /^(?:\.{1,2}(?:\/|$)|\/)/u.test(text);

const invalid = (message: string): StagewrightError => new StagewrightError('RecipeInvalid', message);

function complaintOf(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof StagewrightError) return error.message;
    throw error;
  }
}
