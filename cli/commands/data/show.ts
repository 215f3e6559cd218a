/** `stagewright data show`: a data set as one offline page: funnel, rows with pictures, spread, cost, data card. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findDataSet } from '../../../client/find-data.js';
import { parseSeed } from '../../../client/plan-file.js';
import { readSettings } from '../../../workers/settings.js';
import { openStore, type Store } from '../../../store/store.js';
import type { Action } from '../../commands.js';
import { dataPage } from '../../data-page/page.js';
import { readSet } from '../../data-page/read-set.js';
import { CommandError, EXIT } from '../../exit.js';
import { optionText } from '../../option-text.js';
import { say } from '../../watch-loudly.js';

/** Of each reason why rows are not in the set, for so many that are. */
const KEPT_FOR_ONE_REFUSED = 4;

export const show: Action = async ([meant = '', name], options) => {
  const settings = readSettings(process.env);
  const samples = Number(options['samples']);
  if (!Number.isInteger(samples) || samples < 0)
    throw new CommandError(`--samples must be a whole number from 0, not "${String(options['samples'])}"`, EXIT.usage);
  const store = (): Promise<Store> => openStore(settings.store, { create: false });
  const found = await findDataSet(meant, {
    name,
    variant: optionText(options, 'variant'),
    seed: parseSeed(optionText(options, 'setSeed'), '--set-seed'),
    store,
  });
  const set = await readSet(found.folder, {
    name: found.name,
    keptSamples: samples,
    refusedSamples: Math.ceil(samples / KEPT_FOR_ONE_REFUSED),
  });
  // A folder of one's own may have been made of sets that are in the store; without a store they are not looked for.
  const opened = set.funnel === null ? null : await store().catch(() => null);
  const file = resolve(optionText(options, 'out') ?? `${set.name}.html`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, await dataPage(set, async (key) => opened?.findData(key) ?? null));
  await rename(`${file}.part`, file);
  process.stdout.write(`${file}\n`);
  say(`${set.name}: ${set.funnel?.rows.kept ?? set.tally.rows} rows; ${found.folder}`);
  return EXIT.done;
};
