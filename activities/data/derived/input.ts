/** The sets that a derived set is made of, as shards read them: published, so their bytes stay. Makes none of them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SHARD_ROWS } from '../../../core/data/phases.js';
import type { DataRecord } from '../../../core/data/record.js';
import { isDerived, type DerivedDerivation } from '../../../core/data-source.js';
import { StagewrightError } from '../../../core/failures.js';
import type { PlannedData } from '../../../core/plan.js';
import { rowSchema, type Row } from '../../../core/row.js';
import { throwFault } from '../../../store/faults.js';
import { layout } from '../../../store/layout.js';
import { createRecord, readRecord } from '../../../store/records.js';
import { indexRows, readShardLines, rowIndexSchema, type RowIndex } from '../../../store/shard-index.js';
import { ROWS_FILE } from '../../../store/rows.js';
import type { Store } from '../../../store/store.js';
import { readDataRecord } from '../data-record.js';

export interface InputSet {
  readonly planned: PlannedData;
  readonly folder: string;
  readonly record: DataRecord;
  readonly index: RowIndex;
}

/** @throws StagewrightError Internal for a set that is not a derived one. */
export function derivationOf({ name, derivation }: PlannedData): DerivedDerivation {
  if (derivation.generator !== 'union' && isDerived(derivation)) return derivation;
  throw new StagewrightError('Internal', `data set ${name} (${derivation.generator}) is not made by models`);
}

const indexesSchema = z.array(rowIndexSchema);

/** In the order of core/data-source.ts inputsOf. @throws StagewrightError Internal when one is not in the store yet. */
export async function openInputs(store: Store, data: PlannedData): Promise<InputSet[]> {
  const found = await Promise.all(
    (data.inputs ?? []).map(async (planned) => {
      const folder = await store.findData(planned.key);
      const record = await readDataRecord(store, planned.key);
      if (folder === null || record === null)
        throw new StagewrightError('Internal', `input ${planned.name} of data set ${data.name} is not in the store`);
      return { planned, folder, record };
    }),
  );
  const at = layout.dataWorkIndex(data.key);
  let indexes = await readRecord(store.objects, at, indexesSchema);
  if (indexes === null) {
    indexes = [];
    for (const { folder } of found) indexes.push(await indexRows(join(folder, ROWS_FILE), SHARD_ROWS));
    await createRecord(store.objects, at, indexes);
  }
  return found.map((one, i) => {
    const index = indexes[i];
    if (index === undefined || index.rows !== one.record.rows)
      throw new StagewrightError(
        'Internal',
        `${store.objects.path(at)} is not of input ${one.planned.name}: remove ${store.objects.path(layout.dataWorkOf(data.key))}`,
      );
    return { ...one, index };
  });
}

export async function readRows({ folder, planned, index }: InputSet, shard: number): Promise<Row[]> {
  const lines = await readShardLines(join(folder, ROWS_FILE), index, shard);
  return lines.map((line, i) => {
    const parsed = rowSchema.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
    throw new StagewrightError(
      'DataInvalid',
      `row ${shard * SHARD_ROWS + i + 1} of data set ${planned.name}: ${parsed.error.issues[0]?.message ?? 'is none'}`,
    );
  });
}

/** Where the pictures of some rows are, by the sha256 of their bytes. */
export interface ShardImages {
  /** Of a row's images in order; null where one cannot be read. */
  of(row: Row): readonly string[] | null;
  /** In the set's folder. */
  pathOf(sha256: string): string | undefined;
}

export async function hashImages(folder: string, rows: readonly Row[]): Promise<ShardImages> {
  const shaOf = new Map<string, string | null>();
  const pathOf = new Map<string, string>();
  for (const path of new Set(rows.flatMap((row) => row.images))) {
    const file = join(folder, path);
    const sha = await readFile(file).then(
      (bytes) => createHash('sha256').update(bytes).digest('hex'),
      (error: unknown) => {
        throwFault(error, file);
        return null;
      },
    );
    shaOf.set(path, sha);
    if (sha !== null) pathOf.set(sha, path);
  }
  return {
    of: (row) => {
      const all = row.images.map((path) => shaOf.get(path) ?? null);
      return all.every((sha) => sha !== null) ? all : null;
    },
    pathOf: (sha) => pathOf.get(sha),
  };
}
