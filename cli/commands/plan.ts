/** `plan`: what a recipe or its variants would run, take and lack. Needs no server and changes nothing. */
import { parseSeed } from '../../client/plan-file.js';
import { blockedWords } from '../../client/plan-view/blocked.js';
import { viewPlan, viewVariants } from '../../client/plan-view/view.js';
import { StagewrightError } from '../../core/failures.js';
import type { PlanView } from '../../core/plan-view.js';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { optionFlag, optionText } from '../option-text.js';
import { planText, variantsText } from '../plan-text.js';

export const plan: Action = async ([file = ''], options) => {
  const { store, hostFolder, trainers } = readSettings(process.env);
  const places = { store, hostFolder, trainers };
  const seed = parseSeed(optionText(options, 'setSeed'), '--set-seed');
  const variant = optionText(options, 'variant');
  const asJson = optionFlag(options, 'json');
  if (optionFlag(options, 'allVariants')) {
    if (variant !== undefined)
      throw new StagewrightError('RecipeInvalid', '--variant and --all-variants exclude each other');
    const views = await viewVariants(file, { seed, places });
    print(asJson ? JSON.stringify(views, null, 2) : variantsText(views));
    return EXIT.done;
  }
  const view = await viewPlan(file, { variant, seed, places });
  print(asJson ? JSON.stringify(view, null, 2) : planText(view));
  requireDisk(view);
  return EXIT.done;
};

/** What else is blocked may only be planned so far; a full disk is for the reader to do something about, now. */
function requireDisk({ store, stages }: PlanView): void {
  if (store.enough) return;
  const full = stages.find((stage) => stage.blocked?.includes('the disk of the store') === true);
  throw new StagewrightError('DiskFull', full === undefined ? '' : blockedWords(full.name, full.blocked ?? ''));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
