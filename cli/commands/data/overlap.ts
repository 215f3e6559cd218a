/** `stagewright data overlap`: rows of training sets that benchmarks hold, by text and by decoded pixels; listed, and dropped if asked. */
import {
  OVERLAP_WAYS,
  OVERLAP_WORDS,
  OverlapIndex,
  overlapVerdict,
  type OverlapWay,
} from '../../../core/data/overlap.js';
import { dumps } from '../../../core/data/python-dumps.js';
import type { PyValue } from '../../../core/data/python-value.js';
import { StagewrightError } from '../../../core/failures.js';
import { AsideFiles, type AsideFile } from '../../../store/aside-files.js';
import type { Action } from '../../commands.js';
import { CommandError, EXIT } from '../../exit.js';
import { BenchmarkRows } from './benchmark-rows.js';
import { neededFiles, optional } from './given.js';
import { Printer, type PrintedRow } from './overlap-prints.js';

export const overlap: Action = async (_args, options) => {
  const [train, benchmarks] = [neededFiles(options, 'train'), neededFiles(options, 'benchmark')];
  const folders = Array.isArray(options['imageDir']) ? (options['imageDir'] as readonly string[]) : [];
  const [out, report] = [optional(options, 'out'), optional(options, 'report')];
  if ((out !== null) !== (options['drop'] === true))
    throw new CommandError('--drop and --out go together: --out gets the rows that no benchmark holds', EXIT.usage);
  const files = new AsideFiles();
  try {
    const search = new Search(
      new Printer(folders),
      report === null ? null : files.open(report),
      out === null ? null : files.open(out),
    );
    for (const file of benchmarks) await search.learn(file);
    for (const file of train) await search.look(file);
    files.commit();
    const { counts } = search;
    process.stdout.write(options['json'] === true ? `${JSON.stringify(counts)}\n` : words(counts, out));
    return counts.unknown + counts.unreadable_benchmark > 0 ? EXIT.failed : EXIT.done;
  } finally {
    files.discard();
  }
};

interface Counts {
  train_rows: number;
  benchmark_rows: number;
  /** Training rows by the strongest way in which they match. */
  overlaps: Record<OverlapWay, number>;
  /** They share nothing, not even words. */
  clean: number;
  /** They, or pictures of theirs, cannot be read, so that nobody can call them clean. */
  unknown: number;
  /** Rows of benchmarks that cannot be read, or pictures of theirs: nothing is compared with those. */
  unreadable_benchmark: number;
  written: number;
  index_bytes: number;
}

const NAMED_FAULTS = 20;

class Search {
  readonly counts: Counts = {
    train_rows: 0,
    benchmark_rows: 0,
    overlaps: { text_and_image: 0, image: 0, text: 0, text_other_image: 0 },
    clean: 0,
    unknown: 0,
    unreadable_benchmark: 0,
    written: 0,
    index_bytes: 0,
  };
  private readonly index = new OverlapIndex();
  private readonly benchmarks = new BenchmarkRows();
  private named = 0;

  constructor(
    private readonly printer: Printer,
    private readonly report: AsideFile | null,
    private readonly out: AsideFile | null,
  ) {}

  /** @throws StagewrightError DataInvalid where the file has no row to compare with: nothing could overlap. */
  async learn(file: string): Promise<void> {
    const before = this.benchmarks.size;
    this.benchmarks.begin(file);
    for await (const { row, id, prints, faults } of this.printer.rows(file)) {
      if (faults.length > 0) {
        this.counts.unreadable_benchmark += 1;
        this.fault(file, row.line, faults);
        this.tell({ benchmark: file, benchmark_line: BigInt(row.line), benchmark_id: id, unreadable: [...faults] });
      }
      if (prints !== null) this.index.add(prints, this.benchmarks.add(row));
    }
    if (this.benchmarks.size === before)
      throw new StagewrightError('DataInvalid', `${file} has no row to compare with; nothing was written`, { file });
    this.counts.benchmark_rows = this.benchmarks.size;
    this.counts.index_bytes = this.index.bytes;
  }

  async look(file: string): Promise<void> {
    for await (const printed of this.printer.rows(file)) {
      this.counts.train_rows += 1;
      const { row, id, prints, faults } = printed;
      if (faults.length > 0) this.fault(file, row.line, faults);
      const overlaps = prints === null ? [] : this.index.overlapsOf(prints);
      const verdict = prints === null ? 'unknown' : overlapVerdict(prints, overlaps);
      const where = { train: file, line: BigInt(row.line), id };
      for (const { way, row: number } of overlaps) {
        const held = await this.benchmarks.find(number);
        this.tell({ ...where, way, benchmark: held.file, benchmark_line: BigInt(held.line), benchmark_id: held.id });
      }
      const [strongest] = overlaps;
      if (verdict === 'unknown') {
        this.counts.unknown += 1;
        this.tell({ ...where, unknown: [...faults] });
      } else if (strongest === undefined) this.counts.clean += 1;
      else this.counts.overlaps[strongest.way] += 1;
      if (verdict === 'clean') this.keep(printed);
    }
  }

  private keep({ row: { bytes } }: PrintedRow): void {
    if (this.out === null) return;
    this.out.line(bytes, 0, bytes.length);
    this.counts.written += 1;
  }

  private fault(file: string, line: number, faults: readonly string[]): void {
    this.named += 1;
    if (this.named <= NAMED_FAULTS) process.stderr.write(`${file}:${line}: ${faults.join('; ')}\n`);
    if (this.named === NAMED_FAULTS + 1) process.stderr.write('and more, which are counted below\n');
  }

  private tell(entry: Readonly<Record<string, PyValue>>): void {
    this.report?.textLine(dumps(new Map(Object.entries(entry))));
  }
}

function words(counts: Counts, out: string | null): string {
  const { train_rows: rows, benchmark_rows: held, overlaps, clean, unknown, unreadable_benchmark: unreadable } = counts;
  const lines = [
    `${rows} training rows against ${held} of benchmarks:`,
    ...OVERLAP_WAYS.map(
      (way) => `${overlaps[way]} ${OVERLAP_WORDS[way]}${way === 'text_other_image' ? ' (kept)' : ''}`,
    ),
    `${clean} share nothing`,
    ...(unknown === 0 ? [] : [`${unknown} unknown: the row, or a picture of it, cannot be read`]),
    ...(unreadable === 0
      ? []
      : [`${unreadable} rows of benchmarks cannot be read, or pictures of theirs: not compared`]),
    ...(out === null ? [] : [`${counts.written} written to ${out}`]),
  ];
  return lines.map((line, i) => `${i === 0 ? '' : '  '}${line}\n`).join('');
}
