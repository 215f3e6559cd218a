/**
 * An accuracy table for a terminal: per cent right with its 95 % Wilson interval, below it where the terminal is too narrow to
 * hold both beside each other.
 */
import Table from 'cli-table3';
import { PLAIN_TABLE } from '../tables.js';
import type { AccuracyTable, Cell } from './accuracy.js';

const NARROW_LABEL = 22;

/** @param width columns of the terminal; without it as wide as it is */
export function accuracyText(table: AccuracyTable, title: string, width = Infinity): string {
  const wide = tableText(
    table,
    (text) => text,
    cellText,
    (label) => label,
  );
  const fits = wide.split('\n').every((line) => line.trimEnd().length <= width);
  const text = fits ? wide : tableText(table, brokenName, stackedCell, brokenLabel);
  return `${title} on ${table.data}: % right, 95 % Wilson interval\n${text}`;
}

function tableText(
  { columns, rows, details }: AccuracyTable,
  head: (name: string) => string,
  cell: (cell: Cell | null) => string,
  named: (label: string) => string,
): string {
  const table = new Table({
    ...PLAIN_TABLE,
    head: ['', 'n', ...columns.map(head)],
    colAligns: ['left', 'right', ...columns.map(() => 'right' as const)],
  });
  for (const { label, level, cells } of [...rows, ...details]) {
    const n = cells.find((c) => c !== null)?.n;
    table.push([named(`${'  '.repeat(level)}${label}`), n === undefined ? '' : String(n), ...cells.map(cell)]);
  }
  return table.toString();
}

/** At its underscores, which stay. */
const brokenName = (name: string): string => name.replaceAll('_', '_\n');
const stackedCell = (cell: Cell | null): string => cellText(cell).replace(' [', '\n[');
function brokenLabel(label: string): string {
  const lines = [''];
  for (const word of label.split(/(?<=\S) /u)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > NARROW_LABEL) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

export function cellText(cell: Cell | null): string {
  return cell === null ? '–' : `${percent(cell.share)} [${percent(cell.low)}, ${percent(cell.high)}]`;
}

export function percent(share: number): string {
  return (100 * share).toFixed(1);
}
