/** Reads the worker's file of generators, YAML or JSON: each error names file, line, key and what would be right. */
import { readFile } from 'node:fs/promises';
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { toJSONSchema, type z } from 'zod';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import { looksSecret } from '../core/secrets.js';
import {
  checkedEntry,
  entrySchema,
  isServed,
  NO_GENERATORS,
  rawFileSchema,
  type GeneratorConfiguration,
  type GeneratorsConfiguration,
} from './configuration.js';

type Path = readonly PropertyKey[];
interface Complaint {
  readonly path: Path;
  readonly message: string;
}

/** @param file null: none. @throws StagewrightError SettingsMissing with one line for each error. */
export async function readGeneratorsFile(file: string | null): Promise<GeneratorsConfiguration> {
  if (file === null) return NO_GENERATORS;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new StagewrightError('SettingsMissing', `STAGEWRIGHT_GENERATORS: ${why}`, { file }, { cause: error });
  });
  return parseGenerators(text, file);
}

/** @throws StagewrightError SettingsMissing */
export function parseGenerators(text: string, file: string): GeneratorsConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    // What the parser says after the place quotes the file.
    throw invalid(document.errors.map((e) => `${at(e.pos[0])}: ${e.message.split(' at line ')[0] ?? 'no YAML'}`));

  const value = (document.toJS() ?? {}) as unknown;
  const complaints: Complaint[] = secretsIn(value, []);
  const generators: Record<string, GeneratorConfiguration> = {};
  const outer = rawFileSchema.safeParse(value);
  if (!outer.success) complaints.push(...outer.error.issues.flatMap((issue) => said(issue, rawFileSchema, value, [])));
  else
    for (const [name, raw] of Object.entries(outer.data.generators)) {
      const schema = entrySchema(raw);
      const parsed = schema.safeParse(raw);
      if (!parsed.success) {
        complaints.push(...parsed.error.issues.flatMap((issue) => said(issue, schema, raw, ['generators', name])));
        continue;
      }
      const entry = { kind: isServed(raw) ? 'served' : 'openai', ...parsed.data } as GeneratorConfiguration;
      const wrong = checkedEntry(entry);
      if (wrong !== null) complaints.push({ path: ['generators', name, 'limits', 'budget'], message: wrong });
      generators[name] = entry;
    }
  if (complaints.length > 0 || !outer.success)
    throw invalid(
      complaints
        .map((one) => ({ ...one, offset: offsetOf(document, one.path) }))
        .sort((a, b) => a.offset - b.offset)
        .map(({ path, message, offset }) => `${at(offset)}: ${path.length === 0 ? '' : `${dotted(path)}: `}${message}`),
    );
  return { file, generators, images: outer.data.images };
}

/** Keys stand in the environment: the file may be shown, copied and committed. What is found is not repeated. */
function secretsIn(value: unknown, path: Path): Complaint[] {
  if (typeof value === 'string')
    return looksSecret(value)
      ? [
          {
            path,
            message: 'looks like a secret; put it into the worker’s environment and name its variable (api_key_env)',
          },
        ]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function said(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, prefix: Path): Complaint[] {
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
function keysAt(schema: z.ZodType, path: Path): string[] {
  let node = toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonNode;
  for (const part of path) node = node.properties?.[String(part)] ?? {};
  return Object.keys(node.properties ?? {});
}
interface JsonNode {
  readonly properties?: Readonly<Record<string, JsonNode>>;
}

/** Where the key stands, else the nearest that encloses it. */
function offsetOf(document: Document, path: Path): number {
  if (path.length === 0) return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const key = parent.items.map((pair) => pair.key).find((k) => isNode(k) && String(k) === String(path.at(-1)));
    if (isNode(key)) return key.range?.[0] ?? 0;
  }
  return offsetOf(document, path.slice(0, -1));
}

function has(value: unknown, path: Path): boolean {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return true;
}

function dotted(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function invalid(lines: readonly string[]): StagewrightError {
  return new StagewrightError(
    'SettingsMissing',
    `STAGEWRIGHT_GENERATORS: ${lines.length === 1 ? (lines[0] ?? '') : `${lines.length} errors\n  ${lines.join('\n  ')}`}`,
  );
}
