/** Grades a stream of JSON lines: batches at line ends, as many under way as threads can use, so memory stays flat. */
import type { Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import { GradingPool, type PoolOptions } from './pool.js';

const LINE_FEED = 10;
/** A longer line is no answer. */
const MAX_LINE = 64 * 1024 * 1024;

export interface StreamOptions extends PoolOptions {
  /** Bytes of a batch; a user's own verifier gets few lines at once, so that little is graded twice when it gets stuck. */
  readonly batchBytes: number;
  readonly batchLines: number;
}
export interface StreamCounts {
  lines: number;
  faults: number;
  refused: number;
}

interface Cut {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lines: number;
}

/** Batches of whole lines from chunks of any size. A line that is too long becomes an empty object, which is a fault. */
export async function* batches(input: AsyncIterable<Buffer>, maxBytes: number, maxLines: number): AsyncGenerator<Cut> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let skipping = false;
  for await (const chunk of input) {
    let from = 0;
    let end = 0;
    let lines = 0;
    const cut = (): Cut => {
      const bytes = Buffer.concat([...held, chunk.subarray(from, end)]);
      held = [];
      heldBytes = 0;
      from = end;
      const count = lines;
      lines = 0;
      // A buffer of its own, which can change hands.
      const own = new Uint8Array(bytes.length);
      own.set(bytes);
      return { bytes: own, lines: count };
    };
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
      if (skipping) {
        skipping = false;
        held = [Buffer.from('"too long"')];
        from = at;
      }
      end = at + 1;
      lines++;
      if (lines >= maxLines || end - from >= maxBytes) yield cut();
    }
    if (lines > 0) yield cut();
    if (skipping) continue;
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > MAX_LINE) {
      skipping = true;
      held = [];
      heldBytes = 0;
    }
  }
  if (skipping) held = [Buffer.from('"too long"')];
  const rest = Buffer.concat(held);
  if (rest.length > 0) {
    const own = new Uint8Array(rest.length);
    own.set(rest);
    yield { bytes: own, lines: 1 };
  }
}

/** @param report faults and refused golds, with the number of their line in the whole stream */
export async function gradeStream(
  input: Readable,
  output: Writable,
  report: (line: number, message: string) => void,
  options: StreamOptions,
): Promise<StreamCounts> {
  const pool = new GradingPool(options);
  const counts: StreamCounts = { lines: 0, faults: 0, refused: 0 };
  const running = new Set<Promise<void>>();
  let failure: unknown;
  const answer = async (cut: Cut, before: number): Promise<void> => {
    const graded = await pool.grade(cut.bytes);
    for (const { line, message } of [...graded.faults, ...graded.refused]) report(before + line, message);
    counts.faults += graded.faults.length;
    counts.refused += graded.refused.length;
    if (!output.write(graded.output)) await once(output, 'drain');
  };
  try {
    for await (const cut of batches(input, options.batchBytes, options.batchLines)) {
      const task: Promise<void> = answer(cut, counts.lines)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(task));
      running.add(task);
      counts.lines += cut.lines;
      while (running.size >= options.threads * 2 + 1 && failure === undefined) await Promise.race(running);
      if (failure !== undefined) throw failure as Error;
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure as Error;
    return counts;
  } finally {
    await pool.close();
  }
}
