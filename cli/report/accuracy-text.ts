/** An accuracy table for a terminal: per cent right with its 95 % Wilson interval. */
import Table from 'cli-table3';
import { PLAIN_TABLE } from '../tables.js';
import type { AccuracyTable, Cell } from './accuracy.js';

export function accuracyText({ data, columns, rows, details }: AccuracyTable, title: string): string {
  const table = new Table({
    ...PLAIN_TABLE,
    head: ['', 'n', ...columns],
    colAligns: ['left', 'right', ...columns.map(() => 'right' as const)],
  });
  for (const { label, level, cells } of [...rows, ...details]) {
    const n = cells.find((c) => c !== null)?.n;
    table.push([`${'  '.repeat(level)}${label}`, n === undefined ? '' : String(n), ...cells.map(cellText)]);
  }
  return `${title} on ${data}: % right, 95 % Wilson interval\n${table.toString()}`;
}

export function cellText(cell: Cell | null): string {
  return cell === null ? '–' : `${percent(cell.share)} [${percent(cell.low)}, ${percent(cell.high)}]`;
}

export function percent(share: number): string {
  return (100 * share).toFixed(1);
}
