/**
 * A set without the rows that benchmarks hold, or with a word at those that they do. No model is asked: benchmarks are indexed, at most
 * 100 bytes a row, then the rows go by one by one.
 */
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { FunnelCounter } from '../../../core/data/funnel.js';
import type { JudgedRow } from '../../../core/data/judge.js';
import { OVERLAP_WORDS, OverlapIndex, overlapVerdict, type Prints } from '../../../core/data/overlap.js';
import { textPrint } from '../../../core/data/overlap-text.js';
import type { DerivedDerivation } from '../../../core/data-source.js';
import { UNKNOWN_REASONS } from '../../../core/generation.js';
import type { Row } from '../../../core/row.js';
import { PictureFault, pixelPrint } from '../../../store/pixel-print.js';
import { readRows, type InputSet } from './input.js';
import type { SetFiles } from './set-files.js';

export interface OverlapWork {
  readonly derivation: Extract<DerivedDerivation, { generator: 'overlap' }>;
  readonly inputs: readonly InputSet[];
  readonly files: SetFiles;
  readonly funnel: FunnelCounter;
  readonly signal: AbortSignal;
  readonly onRow: (rows: number) => void;
}

const AT_ONCE = 4;

export async function assembleOverlap({
  derivation,
  inputs,
  files,
  funnel,
  signal,
  onRow,
}: OverlapWork): Promise<void> {
  const [own, ...benchmarks] = inputs;
  if (own === undefined) return;
  const index = new OverlapIndex();
  let seen = 0;
  for (const benchmark of benchmarks)
    for await (const { prints } of printed(benchmark, signal)) {
      index.add(prints, seen);
      seen += 1;
      onRow(seen);
    }
  for await (const { row, prints } of printed(own, signal)) {
    const overlaps = index.overlapsOf(prints);
    const found = overlaps.map(({ way, row: at }) => `${OVERLAP_WORDS[way]} as ${placeOf(at, benchmarks)}`).join('; ');
    const judged = judge(
      row,
      overlapVerdict(prints, overlaps),
      OVERLAP_WORDS[overlaps[0]?.way ?? 'text'],
      found,
      derivation.drop,
    );
    funnel.add(judged, new Map());
    if (judged.outcome === 'kept') await files.keep(judged.row, []);
    else {
      const { outcome, reason, detail } = judged;
      await files.refuse({ id: row.id, outcome, reason, detail, row, answers: [] });
    }
    seen += 1;
    onRow(seen);
  }
}

function judge(
  row: Row,
  verdict: ReturnType<typeof overlapVerdict>,
  reason: string,
  found: string,
  drop: boolean,
): JudgedRow {
  const answers: [] = [];
  switch (verdict) {
    case 'clean':
      return { outcome: 'kept', row, answers };
    case 'unknown':
      return { outcome: 'unknown', reason: UNKNOWN_REASONS.bad_image, detail: UNKNOWN_REASONS.bad_image, answers };
    case 'overlaps':
      return drop
        ? { outcome: 'dropped', reason: `a benchmark has ${reason}`, detail: found, answers }
        : { outcome: 'kept', row: { ...row, meta: { ...row.meta, overlap: found } }, answers };
  }
}

/** Names of sets are no part of a set: benchmarks count from 1, as the recipe lists them. */
function placeOf(at: number, benchmarks: readonly InputSet[]): string {
  let before = 0;
  for (const [i, { index }] of benchmarks.entries()) {
    if (at < before + index.rows) return `row ${at - before + 1} of benchmark ${i + 1}`;
    before += index.rows;
  }
  return 'a benchmark';
}

async function* printed(set: InputSet, signal: AbortSignal): AsyncGenerator<{ row: Row; prints: Prints }> {
  const limit = pLimit(AT_ONCE);
  for (let shard = 0; shard < set.index.starts.length; shard++) {
    signal.throwIfAborted();
    const rows = await readRows(set, shard);
    // Several rows show one picture, and then mostly near each other.
    const known = new Map<string, Promise<string | null>>();
    const printOf = (image: string): Promise<string | null> => {
      const held = known.get(image) ?? limit(() => orNull(join(set.folder, image)));
      known.set(image, held);
      return held;
    };
    for (const row of rows) {
      const prints = await Promise.all(row.images.map(printOf));
      const images = prints.filter((print) => print !== null);
      yield { row, prints: { text: textPrint(row), images, unreadable: prints.length - images.length } };
    }
  }
}

async function orNull(file: string): Promise<string | null> {
  try {
    return await pixelPrint(file);
  } catch (error) {
    if (error instanceof PictureFault) return null;
    throw error;
  }
}
