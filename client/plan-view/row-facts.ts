/** What is known of a data set's rows before it is made: how many, of which kinds, with pass rates or not. Judges nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharesOf } from '../../core/digits/dataset.js';
import { CAPABILITY_OF } from '../../core/digits/derivation.js';
import type { PlannedData } from '../../core/plan.js';
import { rowSchema } from '../../core/row.js';
import { ROWS_FILE } from '../../store/rows.js';

export interface RowFacts {
  readonly rows: number;
  /** False where only making them tells. */
  readonly known: boolean;
  readonly withoutPassRate: number;
  /** Without a response to imitate. */
  readonly withoutResponse: number;
  readonly capabilities: readonly string[];
  readonly kinds: readonly string[];
}

/** @param scored whether each row will have a pass rate */
const unmade = (scored: boolean): RowFacts => ({
  ...{ rows: 0, known: false, withoutPassRate: scored ? 0 : Infinity, withoutResponse: 0, capabilities: [], kinds: [] },
});

export async function readRowFacts(data: PlannedData): Promise<RowFacts> {
  const { derivation, parts = [], folder } = data;
  switch (derivation.generator) {
    case 'union':
      return (await Promise.all(parts.map((part) => readRowFacts(part)))).reduce(together);
    case 'digits': {
      const kinds = sharesOf(derivation).map(([kind]) => kind);
      const { count } = derivation;
      return {
        rows: count,
        known: true,
        withoutPassRate: count,
        withoutResponse: 0,
        capabilities: unique(kinds.map((kind) => CAPABILITY_OF[kind])),
        kinds,
      };
    }
    case 'difficulty':
      return unmade(true);
    case 'filter':
    case 'overlap':
      // Rows of their input, less some: each as it was.
      return unmade(data.inputs?.[0] !== undefined && (await readRowFacts(data.inputs[0])).withoutPassRate === 0);
    case 'captions':
    case 'synthesis':
      return unmade(false);
    case 'folder':
      return ownRows(await readFile(join(folder ?? '', ROWS_FILE), 'utf8'));
  }
}

/** Bad rows are the run's to name, each with its line; here they count as rows. */
function ownRows(text: string): RowFacts {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const rows = lines.flatMap((line) => rowSchema.safeParse(jsonOrNull(line)).data ?? []);
  return {
    rows: lines.length,
    known: true,
    withoutPassRate: rows.filter((row) => row.pass_rate === undefined).length,
    withoutResponse: rows.filter((row) => typeof row.meta?.['response'] !== 'string').length,
    capabilities: unique(rows.map((row) => row.capability)),
    kinds: unique(rows.map((row) => row.kind)),
  };
}

function together(a: RowFacts, b: RowFacts): RowFacts {
  return {
    rows: a.rows + b.rows,
    known: a.known && b.known,
    withoutPassRate: a.withoutPassRate + b.withoutPassRate,
    withoutResponse: a.withoutResponse + b.withoutResponse,
    capabilities: unique([...a.capabilities, ...b.capabilities]),
    kinds: unique([...a.kinds, ...b.kinds]),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
