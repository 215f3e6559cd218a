/** A comparison as tables for a terminal. */
import CliTable from 'cli-table3';
import { PLAIN_TABLE } from '../tables.js';
import type { ComparedRuns, ComparedSet } from './comparison.js';
import { cellsOf, FOOTNOTE, HEADS, valueText } from './words.js';

export function comparisonText({ a, b, settings, sets, left_out }: ComparedRuns): string {
  const head = `A  ${a}\nB  ${b}`;
  return [
    head,
    settingsText(settings),
    ...sets.map(setText),
    ...left_out.map((why) => `not compared: ${why}`),
    FOOTNOTE,
  ].join('\n\n');
}

function settingsText(settings: ComparedRuns['settings']): string {
  if (settings.length === 0) return 'No setting differs: both are the same stages.';
  const table = new CliTable({ ...PLAIN_TABLE, head: ['stage', 'setting', 'A', 'B'] });
  for (const { stage, setting, a, b } of settings) table.push([stage, setting, valueText(a), valueText(b)]);
  return `settings that differ\n${table.toString()}`;
}

function setText({ name, items, clusters, duplicates, differences, lost, gained }: ComparedSet): string {
  const table = new CliTable({ ...PLAIN_TABLE, head: [...HEADS] });
  for (const of of differences) table.push([`${'  '.repeat(of.level)}${of.label}`, ...cellsOf(of)]);
  const twice =
    duplicates.length === 0
      ? []
      : [`${duplicates.length} questions of the set stand in it more than once, e.g. ${duplicates[0] ?? ''}`];
  return [
    `set ${name}: ${items} questions, ${clusters} images or texts`,
    table.toString(),
    `${gained.length} questions became right, ${lost.length} became wrong`,
    ...twice,
  ].join('\n');
}
