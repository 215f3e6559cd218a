/** `npm run docs`: writes the pages that are printed from tables in the code. A test says when they are out of date. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMetricsTable } from '../../workers/telemetry/metrics-table.js';
import { ROOT } from '../root.js';
import { commandsPage } from './commands-page.js';
import { failuresPage } from './failures-page.js';
import { readFunnelRows, withFunnelTables } from './funnel-table.js';
import { recipeSchemaText } from './recipe-schema.js';

const OPERATIONS = join('docs', 'operations.md');
const RESULTS = join('docs', 'results.md');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const PAGES: readonly (readonly [file: string, text: () => string])[] = [
  [join('docs', 'commands.md'), commandsPage],
  [join('docs', 'failures.md'), failuresPage],
  [OPERATIONS, () => withMetricsTable(read(OPERATIONS))],
  [RESULTS, () => withFunnelTables(read(RESULTS), readFunnelRows(read(join('models', 'funnel.jsonl'))))],
  [join('configs', 'recipe.schema.json'), recipeSchemaText],
];

for (const [file, text] of PAGES) {
  await writeFile(join(ROOT, file), text());
  process.stderr.write(`${join(ROOT, file)}\n`);
}
