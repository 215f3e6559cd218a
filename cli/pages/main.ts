/** `npm run docs`: writes the pages that are printed from tables in the code. A test says when they are out of date. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../root.js';
import { commandsPage } from './commands-page.js';
import { failuresPage } from './failures-page.js';
import { recipeSchemaText } from './recipe-schema.js';

const PAGES: readonly (readonly [file: string, text: () => string])[] = [
  [join('docs', 'commands.md'), commandsPage],
  [join('docs', 'failures.md'), failuresPage],
  [join('configs', 'recipe.schema.json'), recipeSchemaText],
];

for (const [file, text] of PAGES) {
  await writeFile(join(ROOT, file), text());
  process.stderr.write(`${join(ROOT, file)}\n`);
}
