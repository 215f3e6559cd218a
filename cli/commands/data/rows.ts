/** Walks the rows of a file for a data command, in the two ways to meet a fault: as published it ends everything, else it is told. */
import { JsonFault } from '../../../core/data/python-json.js';
import { StagewrightError } from '../../../core/failures.js';
import { LINE_LIMIT, readLines, type Line } from '../../../store/json-lines.js';
import { PythonRow } from '../../../store/python-row.js';

/** What is wrong with a line; `line` is null where it was too long to be held. */
export type OnFault = (number: number, reason: string, line: Readonly<Line> | null) => void;

/** Lines that a strict command reads. */
export const STRICT_LINE_LIMIT = 16 * 1024 * 1024;

/** The published scripts stop at the first fault and have written nothing by then. */
export function refuseAll(file: string): OnFault {
  return (number, reason) => {
    throw new StagewrightError('DataInvalid', `${file}:${number}: ${reason}; nothing was written`, {
      file,
      line: number,
    });
  };
}

/**
 * @param each may throw JsonFault: the row is one of the faults then. The row holds until it returns.
 * @returns lines that are not blank
 */
export function eachRow(
  file: string,
  each: (row: PythonRow, line: Readonly<Line>) => void,
  fault: OnFault,
  limit: number = LINE_LIMIT,
): number {
  const row = new PythonRow();
  let lines = 0;
  readLines(
    file,
    {
      line(line) {
        lines += 1;
        try {
          row.read(line);
          each(row, line);
        } catch (error) {
          if (!(error instanceof JsonFault)) throw error;
          fault(line.number, error.message, line);
        }
      },
      long(number, size) {
        lines += 1;
        fault(number, `a line of ${size} bytes, more than ${limit}`, null);
      },
    },
    limit,
  );
  return lines;
}
