/**
 * A file of settings that whoever runs a host writes, YAML or JSON: each error names file, line, key and what would be right, and a
 * secret in it is refused. What the settings mean is for others (generators/configuration.ts, core/trainer-profile.ts).
 */
import { readFile } from 'node:fs/promises';
import { isMap, isNode, type Document } from 'yaml';
import { toJSONSchema, type z } from 'zod';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import { isSecretName, looksSecret } from '../core/secrets.js';
import { openYaml } from './yaml-text.js';

export type SettingsPath = readonly PropertyKey[];
export interface Complaint {
  readonly path: SettingsPath;
  readonly message: string;
}

export interface SettingsDocument {
  /** What the file holds; `{}` when it is empty. */
  readonly value: unknown;
  /** What `schema` says against the part of the value at `path`. */
  complaintsOf(part: unknown, schema: z.ZodType, error: z.ZodError, path?: SettingsPath): Complaint[];
  /** @throws StagewrightError SettingsMissing with one line for each, in the order of the file; nothing when there are none. */
  refuse(complaints: readonly Complaint[]): void;
}

/** @param variable the environment's that names the file. @throws StagewrightError SettingsMissing */
export async function readSettingsText(file: string, variable: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new StagewrightError('SettingsMissing', `${variable}: ${why}`, { file }, { cause: error });
  });
}

export interface SettingsSource {
  readonly text: string;
  readonly file: string;
  readonly variable: string;
  /** Where secrets belong, for whoever put one into the file. */
  readonly secretsBelong: string;
}

/** @throws StagewrightError SettingsMissing when it is no YAML. */
export function openSettingsDocument({ text, file, variable, secretsBelong }: SettingsSource): SettingsDocument {
  const { document, at, errors } = openYaml(text, file);
  if (errors.length > 0) throw invalid(variable, errors);
  const value = (document.toJS() ?? {}) as unknown;
  const secrets = secretsIn(value, [], `looks like a secret; ${secretsBelong}`);
  return {
    value,
    complaintsOf: (part, schema, error, path = []) => error.issues.flatMap((issue) => said(issue, schema, part, path)),
    refuse(complaints) {
      const all = [...secrets, ...complaints];
      if (all.length === 0) return;
      throw invalid(
        variable,
        all
          .map((one) => ({ ...one, offset: offsetOf(document, one.path) }))
          .sort((a, b) => a.offset - b.offset)
          .map(
            ({ path, message, offset }) => `${at(offset)}: ${path.length === 0 ? '' : `${dotted(path)}: `}${message}`,
          ),
      );
    },
  };
}

/** Secrets stand in the environment: the file may be shown, copied and committed. What is found is not repeated. */
function secretsIn(value: unknown, path: SettingsPath, message: string): Complaint[] {
  if (typeof value === 'string') return looksSecret(value) || isSecretVariable(path, value) ? [{ path, message }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretsIn(inner, [...path, Array.isArray(value) ? Number(key) : key], message),
  );
}

/** `env: { HF_TOKEN: abc }`, whatever a token of that service looks like. */
function isSecretVariable(path: SettingsPath, value: string): boolean {
  return path.at(-2) === 'env' && value !== '' && isSecretName(String(path.at(-1)));
}

function said(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, prefix: SettingsPath): Complaint[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key; ${hint(key, known)}` }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  const expected = 'expected' in issue ? String(issue.expected) : 'value';
  return [
    {
      path,
      message: has(value, issue.path)
        ? issue.message.replace(/^Invalid input: /u, '')
        : `missing; a ${expected} is needed`,
    },
  ];
}

/** Of the object at `path`, from the schema's JSON form, which is public where zod's own fields are not. */
function keysAt(schema: z.ZodType, path: SettingsPath): string[] {
  let nodes = [toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonNode];
  for (const part of path)
    nodes = nodes
      .flatMap(alternatives)
      .flatMap((node) => node.properties?.[String(part)] ?? node.additionalProperties ?? [])
      .flatMap((node) => (typeof node === 'object' ? [node] : []));
  return nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {}));
}
const alternatives = (node: JsonNode): readonly JsonNode[] => [node, ...(node.anyOf ?? [])];
interface JsonNode {
  readonly properties?: Readonly<Record<string, JsonNode>>;
  readonly additionalProperties?: JsonNode | boolean;
  readonly anyOf?: readonly JsonNode[];
}

/** Where the key stands, else the nearest that encloses it. */
function offsetOf(document: Document, path: SettingsPath): number {
  if (path.length === 0) return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const key = parent.items.map((pair) => pair.key).find((k) => isNode(k) && String(k) === String(path.at(-1)));
    if (isNode(key)) return key.range?.[0] ?? 0;
  }
  return offsetOf(document, path.slice(0, -1));
}

function has(value: unknown, path: SettingsPath): boolean {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return true;
}

function dotted(path: SettingsPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function invalid(variable: string, lines: readonly string[]): StagewrightError {
  return new StagewrightError(
    'SettingsMissing',
    `${variable}: ${lines.length === 1 ? (lines[0] ?? '') : `${lines.length} errors\n  ${lines.join('\n  ')}`}`,
  );
}
