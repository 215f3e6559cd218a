/** Pages that are printed from tables are what the tables say now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands.js';
import { commandsPage } from '../../cli/pages/commands-page.js';
import { failuresPage } from '../../cli/pages/failures-page.js';
import { readFunnelRows, withFunnelTables } from '../../cli/pages/funnel-table.js';
import { ROOT } from '../../cli/root.js';
import { FAILURES } from '../../core/failures.js';

const page = readFileSync(join(ROOT, 'docs', 'failures.md'), 'utf8');

it('docs/failures.md is current (npm run docs)', () => {
  expect(page).toBe(failuresPage());
});

it('docs/commands.md is current (npm run docs), and has every command once', () => {
  const commands = readFileSync(join(ROOT, 'docs', 'commands.md'), 'utf8');
  expect(commands).toBe(commandsPage());
  for (const { usage } of COMMANDS) expect(commands.split(`### \`stagewright ${usage}\``)).toHaveLength(2);
});

it('names every type once', () => {
  for (const type of Object.keys(FAILURES)) expect(page.split(`| \`${type}\` |`)).toHaveLength(2);
});

it('docs/results.md has the figures of models/funnel.jsonl (npm run docs), and others when a row is another', () => {
  const results = readFileSync(join(ROOT, 'docs', 'results.md'), 'utf8');
  const rows = readFunnelRows(readFileSync(join(ROOT, 'models', 'funnel.jsonl'), 'utf8'));
  expect(rows.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  expect(withFunnelTables(results, rows)).toBe(results);
  for (const [i, row] of rows.entries()) {
    const others = rows.with(i, { ...row, kept: row.kept + 1 });
    expect(withFunnelTables(results, others)).not.toBe(results);
  }
});

it('every question of the funnel has one fate', () => {
  for (const row of readFunnelRows(readFileSync(join(ROOT, 'models', 'funnel.jsonl'), 'utf8'))) {
    expect(row.unknown + row.seen + row.not_from_caption + row.kept).toBe(row.questions);
    expect(row.saturated + row.hopeless + row.unrated + row.trained).toBe(row.kept);
    expect([row.survivors.n, row.random.n]).toEqual([row.kept, row.kept]);
    // The filter keeps what the base gets wrong.
    expect(row.survivors.before).toBe(0);
  }
});
