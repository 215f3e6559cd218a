/** `export`: weights of a finished stage, or of a checkpoint, as a folder of one's own. */
import prettyBytes from 'pretty-bytes';
import { exportWeights, FORMATS } from '../../client/export-weights.js';
import { findOneStage, stagesOfRecipe } from '../../client/store-stages.js';
import { hint } from '../../core/nearest-name.js';
import { openStore } from '../../store/store.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

export const exportAction: Action = async ([meant = ''], options) => {
  const settings = settingsOf(options);
  const format = FORMATS.find((one) => one === options['format']);
  if (format === undefined) {
    const given = typeof options['format'] === 'string' ? options['format'] : '';
    throw new CommandError(`no format "${given}"; ${hint(given, FORMATS)}`, EXIT.usage);
  }
  const { step: text, recipe: named, out } = options;
  if (typeof text === 'string' && !/^\d+$/u.test(text)) throw new CommandError(`"${text}" is no step`, EXIT.usage);
  const step = typeof text === 'string' ? Number(text) : null;
  const store = await openStore(settings.store, { create: false });
  const ask = async () => (await import('../../client/connection.js')).connect(settings);
  const recipe = typeof named === 'string' ? named : undefined;
  const stage = await findOneStage(store, meant, { recipe, connect: ask });
  const { folder, provenance, repaired } = await exportWeights(store, {
    ...{ stage, step, format, host: settings.host },
    recipe: recipe === undefined ? null : (await stagesOfRecipe(recipe, ask)).recipe,
    out:
      typeof out === 'string'
        ? out
        : `${stage.name ?? stage.key.slice(0, 12)}-${step === null ? 'weights' : `step-${step}`}`,
  });
  if (repaired.length > 0) say(`made again from the final checkpoint, since they were damaged: ${repaired.join(', ')}`);
  if (options['json'] === true) process.stdout.write(`${JSON.stringify({ folder, ...provenance }, null, 2)}\n`);
  else {
    const bytes = provenance.files.reduce((sum, { size }) => sum + size, 0);
    process.stdout.write(`${folder}: weights of step ${provenance.step}, ${prettyBytes(bytes)}\n`);
  }
  return EXIT.done;
};
