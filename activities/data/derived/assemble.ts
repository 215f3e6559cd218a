/**
 * Puts a derived set together from its shards: rows, evidence, what was kept aside, the funnel. It goes through the shards one by
 * one, so memory does not grow with the rows. Asks nobody.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../../core/canonical-json.js';
import { countFunnel, type FunnelCounter } from '../../../core/data/funnel.js';
import { judgeRow, type JudgedRow, type SaidInPhases } from '../../../core/data/judge.js';
import { phasesOf } from '../../../core/data/phases.js';
import {
  DATA_FILE,
  EVIDENCE_FILE,
  FUNNEL_FILE,
  REFUSED_FILE,
  WORK_FILE,
  type DataRecord,
  type WorkRecord,
} from '../../../core/data/record.js';
import { addSpent, NOTHING_SPENT, type SpentSoFar } from '../../../core/data/work.js';
import { StagewrightError } from '../../../core/failures.js';
import type { PlannedData } from '../../../core/plan.js';
import type { Row } from '../../../core/row.js';
import { sha256File } from '../../../store/digest.js';
import { ROWS_FILE } from '../../../store/rows.js';
import type { Store } from '../../../store/store.js';
import { readDataRecord } from '../data-record.js';
import { derivationOf, openInputs, readRows, type InputSet } from './input.js';
import { assembleOverlap } from './overlap.js';
import { openSetFiles, type SetFiles } from './set-files.js';
import { readShard } from './shard.js';
import { refuseUnknown } from './unknown.js';

export interface Assembling {
  readonly signal: AbortSignal;
  readonly onRow: (rows: number) => void;
}

/** @throws StagewrightError TooManyUnknown: then the shards with unknown rows are open again. */
export async function assemble(store: Store, data: PlannedData, context: Assembling): Promise<{ rows: number }> {
  const known = await readDataRecord(store, data.key);
  if (known !== null) return { rows: known.rows };
  const inputs = await openInputs(store, data);
  await store.publishData(data.key, async (folder) => {
    const { funnel, spent } = await fill(store, data, inputs, folder, context);
    await refuseUnknown(store, data, funnel);
    const digests = await closeFiles(folder, data, funnel, inputs);
    const work: WorkRecord = {
      schema: 'stagewright/data-work@1',
      name: data.name,
      max_unknown: data.max_unknown ?? null,
      ...spent,
      made_at: new Date().toISOString(),
    };
    await writeFile(join(folder, WORK_FILE), `${canonicalJson(work)}\n`);
    await writeFile(join(folder, DATA_FILE), `${canonicalJson(digests)}\n`);
  });
  const made = await readDataRecord(store, data.key);
  if (made === null) throw new StagewrightError('Internal', `data set ${data.name} was published without its record`);
  return { rows: made.rows };
}

interface Filled {
  readonly funnel: FunnelCounter;
  readonly spent: SpentSoFar;
}

async function fill(
  store: Store,
  data: PlannedData,
  inputs: readonly InputSet[],
  folder: string,
  { signal, onRow }: Assembling,
): Promise<Filled> {
  const derivation = derivationOf(data);
  const funnel = countFunnel(derivation);
  const [input] = inputs;
  if (input === undefined) throw new StagewrightError('Internal', `data set ${data.name} has no input`);
  const tieSeed = derivation.generator === 'difficulty' ? derivation.seed : null;
  const files = await openSetFiles(folder, input.folder, tieSeed);
  let spent: SpentSoFar = NOTHING_SPENT;
  try {
    if (derivation.generator === 'overlap') await assembleOverlap({ derivation, inputs, files, funnel, signal, onRow });
    else
      for (let shard = 0; shard < input.index.starts.length; shard++) {
        signal.throwIfAborted();
        const rows = await readRows(input, shard);
        const passes = new Map<string, NonNullable<Awaited<ReturnType<typeof readShard>>>>();
        for (const { name } of phasesOf(derivation)) {
          const found = await readShard(store, { data, phase: name, shard });
          if (found === null || found.rows.length !== rows.length || found.rows.some(({ id }, i) => id !== rows[i]?.id))
            throw new StagewrightError(
              'Internal',
              `data set ${data.name}: shard ${shard} of pass ${name} is not whole`,
            );
          passes.set(name, found);
          const { unknown: _, ...took } = found.head;
          spent = addSpent(spent, took);
        }
        for (const [i, row] of rows.entries()) {
          const said: SaidInPhases = new Map(
            [...passes].map(([name, { rows: lines }]) => [name, lines[i]?.said ?? []]),
          );
          const judged = judgeRow(derivation, row, said);
          funnel.add(judged, said);
          await write(files, row, judged);
        }
        onRow(funnel.rows.in);
      }
  } finally {
    await files.close();
  }
  return { funnel, spent };
}

async function write(files: SetFiles, row: Row, judged: JudgedRow): Promise<void> {
  if (judged.outcome === 'kept') return files.keep(judged.row, [...judged.answers]);
  const { outcome, reason, detail } = judged;
  return files.refuse({ id: row.id, outcome, reason, detail, row, answers: [...judged.answers] });
}

async function closeFiles(
  folder: string,
  data: PlannedData,
  funnel: FunnelCounter,
  inputs: readonly InputSet[],
): Promise<DataRecord> {
  const text = `${canonicalJson(
    funnel.result(
      inputs.map(({ planned, record }) => ({
        key: planned.key,
        generator: planned.derivation.generator,
        rows: record.rows,
        rows_sha256: record.rows_sha256,
      })),
      data.key,
    ),
  )}\n`;
  await writeFile(join(folder, FUNNEL_FILE), text);
  const sha = (name: string): Promise<string> => sha256File(join(folder, name));
  return {
    rows: funnel.rows.kept,
    rows_sha256: await sha(ROWS_FILE),
    refused: funnel.rows.in - funnel.rows.kept,
    funnel_sha256: await sha(FUNNEL_FILE),
    evidence_sha256: await sha(EVIDENCE_FILE),
    refused_sha256: await sha(REFUSED_FILE),
  };
}
