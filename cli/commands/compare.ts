/** `compare`: two runs on the same questions, from the store alone; tables, and one HTML page where asked. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { openStore } from '../../store/store.js';
import type { Action } from '../commands.js';
import { compareRuns } from '../compare/comparison.js';
import { comparisonPage } from '../compare/page.js';
import { readRun } from '../compare/run-argument.js';
import { comparisonText } from '../compare/text.js';
import { EXIT } from '../exit.js';
import { optionFlag, optionText } from '../option-text.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

export const compare: Action = async ([a = '', b = ''], options) => {
  const store = await openStore(settingsOf(options).store, { create: false });
  const compared = await compareRuns(store, await readRun(store, a), await readRun(store, b));
  const out = optionText(options, 'out');
  if (out !== undefined) {
    const file = resolve(out);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await comparisonPage(compared, store, new Date().toISOString().slice(0, 10)));
    say(`compare: ${file}`);
  }
  process.stdout.write(
    optionFlag(options, 'json') ? `${JSON.stringify(figuresOf(compared), null, 2)}\n` : `${comparisonText(compared)}\n`,
  );
  return EXIT.done;
};

/** Ids in place of whole answers. */
function figuresOf({ sets, ...rest }: Awaited<ReturnType<typeof compareRuns>>): object {
  return {
    schema: 'stagewright/comparison@1',
    ...rest,
    sets: sets.map(({ lost, gained, ...set }) => ({
      ...set,
      lost: lost.map(({ row }) => row.id),
      gained: gained.map(({ row }) => row.id),
    })),
  };
}
