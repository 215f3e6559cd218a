/** The sets that a derived set is made of, and those that they are made of, as far as a store holds their records. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FUNNEL_FILE, funnelSchema, type Funnel } from '../../core/data/record.js';
import { parseRecord } from '../../store/records.js';

export type Ancestor = Funnel['inputs'][number] & {
  /** Key of the set that is made of it. */
  readonly of: string;
  /** Null where the store does not hold it. */
  readonly folder: string | null;
};
/** Absolute folder of a data set by its key; null when it is not there. */
export type FindData = (key: string) => Promise<string | null>;

/** Breadth first, each set once. */
export async function readAncestors(funnel: Funnel, find: FindData): Promise<Ancestor[]> {
  const found: Ancestor[] = [];
  const seen = new Set<string>();
  let level = [funnel];
  while (level.length > 0) {
    const next: Funnel[] = [];
    for (const one of level)
      for (const input of one.inputs) {
        if (seen.has(input.key)) continue;
        seen.add(input.key);
        const folder = await find(input.key);
        found.push({ ...input, of: one.key, folder });
        const file = folder === null ? null : join(folder, FUNNEL_FILE);
        if (file !== null && existsSync(file)) next.push(parseRecord(await readFile(file, 'utf8'), file, funnelSchema));
      }
    level = next;
  }
  return found;
}

/** First line with words of a licence file in a folder. */
export async function licenceOf(folder: string): Promise<string | null> {
  const [name] = (await readdir(folder)).filter((one) => /^licen[cs]e(?:\.\w+)?$/iu.test(one)).sort();
  if (name === undefined) return null;
  const text = await readFile(join(folder, name), 'utf8');
  return (
    text
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? null
  );
}
