/** What a data command leaves out or cannot read: counted, named on standard error, and kept aside where the caller says so. */
import { dumps } from '../../../core/data/python-dumps.js';
import type { AsideFile } from '../../../store/aside-files.js';
import type { Line } from '../../../store/json-lines.js';
import type { PythonRow } from '../../../store/python-row.js';

const NAMED = 20;

export interface Refused {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  /** Rows are counted by it; default: the reason. */
  readonly kind?: string;
  /** What is kept of it: the row, or the line where it is none. */
  readonly row?: PythonRow;
  readonly text?: Readonly<Line>;
}

export class Refusals {
  count = 0;
  private readonly kinds = new Map<string, number>();

  constructor(private readonly out: AsideFile | null) {}

  /** A fault: its place is named. */
  fault(refused: Refused): void {
    if (this.count < NAMED) process.stderr.write(`${refused.file}:${refused.line}: ${refused.reason}\n`);
    if (this.count === NAMED) process.stderr.write('and more, which are counted below\n');
    this.leaveOut(refused);
  }

  /** A row that is out by the rules: counted only. */
  leaveOut(refused: Refused): void {
    this.count += 1;
    const kind = refused.kind ?? refused.reason;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    this.keep(refused);
  }

  /** `  12 reason` lines, most frequent first. */
  summary(): string {
    const lines = [...this.kinds].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return lines.map(([kind, count]) => `  ${count} ${kind}\n`).join('');
  }

  private keep({ file, line, reason, row, text }: Refused): void {
    const { out } = this;
    if (out === null) return;
    out.text(`{"file": ${dumps(file)}, "line": ${line}, "reason": ${dumps(reason)}`);
    if (row?.isWritable === true) {
      out.text(', "row": ');
      out.bytes(row.bytes, row.start, row.end);
    } else if (text !== undefined)
      out.text(`, "text": ${dumps(text.bytes.subarray(text.start, text.end).toString('utf8'))}`);
    out.textLine('}');
  }
}
