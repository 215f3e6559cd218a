/** `npm run docs`: writes the pages that are printed from tables in the code. A test says when they are out of date. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../root.js';
import { failuresPage } from './failures-page.js';

const file = join(ROOT, 'docs', 'failures.md');
await writeFile(file, failuresPage());
process.stderr.write(`${file}\n`);
