/** JSON files of the store, parsed by their schema: absent is null, damaged is an error that names the file. */
import type { z } from 'zod';
import { prettifyError } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { StagewrightError } from '../core/failures.js';
import type { Objects } from './objects.js';

/** @throws StagewrightError Internal naming the file, when it is no JSON or not of this shape. */
export async function readRecord<T>(objects: Objects, key: string, schema: z.ZodType<T>): Promise<T | null> {
  const bytes = await objects.get(key);
  return bytes === null ? null : parseRecord(bytes.toString('utf8'), objects.path(key), schema);
}

/** @throws StagewrightError Internal naming `path`. */
export function parseRecord<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : 'no JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(path, prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/** Canonical, so that equal records are equal bytes; with a final newline for people. */
export function recordText(value: unknown): string {
  return `${canonicalJson(value)}\n`;
}

/** True when this call created it, false when there is one already. */
export async function createRecord(objects: Objects, key: string, value: unknown): Promise<boolean> {
  return objects.putExclusive(key, recordText(value));
}

function damaged(path: string, why: string, cause: unknown): StagewrightError {
  return new StagewrightError('Internal', `${path} is damaged: ${why}. Restore or remove it.`, { path }, { cause });
}
