/**
 * The long files of a derived set while they are written: rows, evidence, what was kept aside. Nothing is held but, for a scored set,
 * the place and the tie number of each row (24 bytes), since rows of one pass rate must come in an order that no file had.
 */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../../core/canonical-json.js';
import { tieOrder } from '../../../core/data/difficulty.js';
import { EVIDENCE_FILE, REFUSED_FILE, type Evidence, type Refused } from '../../../core/data/record.js';
import type { Row } from '../../../core/row.js';
import { openLineWriter, type LineWriter } from '../../../store/line-writer.js';
import { ROWS_FILE } from '../../../store/rows.js';
import { takePictures } from './pictures.js';

export interface SetFiles {
  keep(row: Row, answers: Evidence['answers']): Promise<void>;
  refuse(refused: Refused): Promise<void>;
  close(): Promise<void>;
}

/** @param from folder of the set whose pictures the rows name @param tieSeed of a scored set; null leaves the order of the input */
export async function openSetFiles(folder: string, from: string, tieSeed: number | null): Promise<SetFiles> {
  const pictures = takePictures(from, folder);
  const aside = tieSeed === null ? '' : '.unsorted';
  const rows = await openLineWriter(join(folder, `${ROWS_FILE}${aside}`));
  const evidence = await openLineWriter(join(folder, `${EVIDENCE_FILE}${aside}`));
  const refused = await openLineWriter(join(folder, REFUSED_FILE));
  const places = { ties: [] as number[], rows: [] as number[], evidence: [] as number[] };
  return {
    async keep(row, answers) {
      for (const image of row.images) await pictures.take(image);
      if (tieSeed !== null) {
        places.ties.push(tieOrder(tieSeed, row.id));
        places.rows.push(rows.bytes);
        places.evidence.push(evidence.bytes);
      }
      await rows.write(canonicalJson(row));
      await evidence.write(canonicalJson({ id: row.id, answers } satisfies Evidence));
    },
    refuse: (one) => refused.write(canonicalJson(one)),
    async close() {
      for (const file of [rows, evidence, refused]) await file.close();
      if (tieSeed === null) return;
      const { ties } = places;
      const order = Uint32Array.from(ties.keys()).sort((a, b) => (ties[a] ?? 0) - (ties[b] ?? 0) || a - b);
      await sorted(folder, ROWS_FILE, [...places.rows, rows.bytes], order);
      await sorted(folder, EVIDENCE_FILE, [...places.evidence, evidence.bytes], order);
    },
  };
}

/** @param starts of each line, and the end */
async function sorted(folder: string, name: string, starts: readonly number[], order: Uint32Array): Promise<void> {
  const from = join(folder, `${name}.unsorted`);
  const handle = await open(from, 'r');
  const writer = await openLineWriter(join(folder, name));
  try {
    for (const line of order) await copyLine(handle, starts[line] ?? 0, starts[line + 1] ?? 0, writer);
  } finally {
    await handle.close();
    await writer.close();
  }
  await rm(from);
}

async function copyLine(from: FileHandle, start: number, end: number, to: LineWriter): Promise<void> {
  const buffer = Buffer.allocUnsafe(end - start - 1);
  await from.read(buffer, 0, buffer.length, start);
  await to.write(buffer.toString('utf8'));
}
