/** `report`: tables and the HTML file of what the store holds, and of what a server tells when one can be reached. */
import type { Client } from '@temporalio/client';
import { connect } from '../../client/connection.js';
import { parseSeed, planFile, type Planned } from '../../client/plan-file.js';
import { StagewrightError } from '../../core/failures.js';
import type { Settings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { optionText } from '../option-text.js';
import { readHistory } from '../report/history.js';
import { writeReport } from '../report/write-report.js';
import { settingsOf } from '../settings.js';
import { widthOf } from '../tables.js';
import { say } from '../watch-loudly.js';

export const report: Action = async (files, options) => {
  const settings = settingsOf(options);
  const seed = parseSeed(optionText(options, 'setSeed'), '--set-seed');
  const variants = typeof options['variant'] === 'string' ? options['variant'].split(',') : [undefined];
  const planned: Planned[] = [];
  for (const file of files) for (const variant of variants) planned.push(await planFile(file, { variant, seed }));
  const title = planned.map((p) => p.plan.recipe).join(', ');
  const client = await connectOrNull(settings);
  const { text, file, figures } = await writeReport({
    store: settings.store,
    planned,
    out: String(options['out']),
    title,
    width: widthOf(process.stdout),
    history: async (plan) =>
      client === null
        ? { kind: 'missing', why: `no Temporal server answers at ${settings.address}` }
        : readHistory(client, plan),
  });
  await client?.connection.close();
  process.stdout.write(options['json'] === true ? `${JSON.stringify(figures, null, 2)}\n` : `${text}\n`);
  say(`report: ${file}`);
  return EXIT.done;
};

/** The store is the truth; a server only adds to it. */
async function connectOrNull(settings: Settings): Promise<Client | null> {
  try {
    return await connect(settings);
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'ServerUnreachable') return null;
    throw error;
  }
}
