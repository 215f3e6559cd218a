/**
 * A data set as it lies in a folder, read for its page: counts over all rows, and a few rows chosen by rule. One pass over each
 * file, so memory does not grow with the rows. How the page looks is not known here.
 */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import {
  DATA_FILE,
  dataRecordSchema,
  evidenceSchema,
  EVIDENCE_FILE,
  FUNNEL_FILE,
  funnelSchema,
  refusedSchema,
  REFUSED_FILE,
  WORK_FILE,
  workRecordSchema,
  type DataRecord,
  type EvidenceAnswer,
  type Funnel,
  type Refused,
  type WorkRecord,
} from '../../core/data/record.js';
import { StagewrightError } from '../../core/failures.js';
import { rowSchema, type Row } from '../../core/row.js';
import { parseRecord } from '../../store/records.js';
import { ROWS_FILE } from '../../store/rows.js';
import { Lowest } from './lowest.js';
import { tallyRows, type RowTally } from './row-tally.js';

export interface KeptSample {
  readonly row: Row;
  readonly answers: readonly EvidenceAnswer[];
}
export interface DataSet {
  readonly name: string;
  readonly folder: string;
  /** Of a set in a store. */
  readonly record: DataRecord | null;
  /** Null for rows that no model helped to make. */
  readonly funnel: Funnel | null;
  readonly work: WorkRecord | null;
  readonly tally: RowTally;
  readonly kept: readonly KeptSample[];
  /** By fate and reason, in the funnel's order. */
  readonly refused: readonly Refused[];
}

export interface ReadOptions {
  /** Without it: as the recipe that made it calls it, else the folder's name. */
  readonly name?: string | undefined;
  readonly keptSamples: number;
  /** Of each fate and reason. */
  readonly refusedSamples: number;
}

/** @throws StagewrightError DataInvalid naming file, line and reason; Internal naming a record that is damaged */
export async function readSet(folder: string, options: ReadOptions): Promise<DataSet> {
  const funnel = await recordOf(join(folder, FUNNEL_FILE), funnelSchema);
  const work = await recordOf(join(folder, WORK_FILE), workRecordSchema);
  const tally = tallyRows();
  const lowest = new Lowest<Row>(options.keptSamples);
  await eachLine(join(folder, ROWS_FILE), rowSchema, (row) => {
    tally.add(row);
    lowest.add(row.id, row);
  });
  if (tally.rows === 0 && funnel === null)
    throw new StagewrightError('DataInvalid', `${join(folder, ROWS_FILE)} holds no rows`);
  const chosen = lowest.inOrder();
  const said = new Map<string, readonly EvidenceAnswer[]>();
  const ids = new Set(chosen.map((row) => row.id));
  await eachLine(
    join(folder, EVIDENCE_FILE),
    evidenceSchema,
    ({ id, answers }) => {
      if (ids.has(id)) said.set(id, answers);
    },
    { optional: true },
  );
  return {
    name: options.name ?? work?.name ?? basename(folder),
    folder,
    record: await recordOf(join(folder, DATA_FILE), dataRecordSchema),
    funnel,
    work,
    tally,
    kept: chosen.map((row) => ({ row, answers: said.get(row.id) ?? [] })),
    refused: await readRefused(folder, funnel, options.refusedSamples),
  };
}

async function readRefused(folder: string, funnel: Funnel | null, many: number): Promise<Refused[]> {
  const byReason = new Map<string, Lowest<Refused>>();
  await eachLine(
    join(folder, REFUSED_FILE),
    refusedSchema,
    (one) => {
      const reason = `${one.outcome} ${one.reason}`;
      const its = byReason.get(reason) ?? new Lowest<Refused>(many);
      byReason.set(reason, its);
      its.add(one.id, one);
    },
    { optional: true },
  );
  const order = (funnel?.reasons ?? []).map(({ outcome, reason }) => `${outcome} ${reason}`);
  const known = order.filter((reason) => byReason.has(reason));
  const others = [...byReason.keys()].filter((reason) => !order.includes(reason)).sort();
  return [...known, ...others].flatMap((reason) => byReason.get(reason)?.inOrder() ?? []);
}

async function recordOf<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  return existsSync(file) ? parseRecord(await readFile(file, 'utf8'), file, schema) : null;
}

async function eachLine<T>(
  file: string,
  schema: z.ZodType<T>,
  take: (value: T) => void,
  { optional = false }: { optional?: boolean } = {},
): Promise<void> {
  if (!existsSync(file)) {
    if (optional) return;
    throw new StagewrightError('DataInvalid', `${file}: there is no such file; a data set is a folder with rows.jsonl`);
  }
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    take(parseLine(line, `${file}:${number}`, schema));
  }
}

function parseLine<T>(line: string, where: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new StagewrightError('DataInvalid', `${where}: no JSON (${cause instanceof Error ? cause.message : ''})`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`);
  throw new StagewrightError('DataInvalid', `${where}: ${words.join('; ')}`);
}
