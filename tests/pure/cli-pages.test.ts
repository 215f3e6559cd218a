/** Pages that are printed from tables are what the tables say now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands.js';
import { commandsPage } from '../../cli/pages/commands-page.js';
import { failuresPage } from '../../cli/pages/failures-page.js';
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
