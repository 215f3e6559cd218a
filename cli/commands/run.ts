/** `run`: plan, start or attach, watch until the end. */
import { connect } from '../../client/connection.js';
import { parseSeed, planFile } from '../../client/plan-file.js';
import { startCurriculum } from '../../client/start-curriculum.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { follow } from '../follow.js';
import { optionFlag, optionText } from '../option-text.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

export const run: Action = async ([file = ''], options) => {
  const seed = parseSeed(optionText(options, 'setSeed'), '--set-seed');
  const { plan } = await planFile(file, { variant: optionText(options, 'variant'), seed });
  const settings = settingsOf(options);
  const client = await connect(settings);
  const started = await startCurriculum(client, plan, settings, {
    replace: optionFlag(options, 'replace'),
    anew: optionFlag(options, 'anew'),
    say,
  });
  say(`${started.attached ? 'attached to' : 'started'} ${started.workflowId}`);
  if (optionFlag(options, 'detach')) {
    process.stdout.write(`${started.workflowId}\n`);
    say(`watch it with: stagewright watch ${plan.recipe}`);
    return EXIT.done;
  }
  return follow(client, started.workflowId, plan.recipe, settings.store);
};
