/** `report`: tables and the HTML file of what the store holds; needs no server. */
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { parseSeed, planFile, type Planned } from '../../client/plan-file.js';
import { writeReport } from '../report/write-report.js';
import { say } from '../watch-loudly.js';

export const report: Action = async (files, options) => {
  const seed = parseSeed(options['setSeed'], '--set-seed');
  const planned: Planned[] = [];
  for (const file of files) planned.push(await planFile(file, { seed }));
  const title = planned.map((p) => p.plan.recipe).join(', ');
  const { text, file } = await writeReport(readSettings(process.env).store, planned, String(options['out']), title);
  process.stdout.write(`${text}\n`);
  say(`report: ${file}`);
  return EXIT.done;
};
