/** `run`: plan, start or attach, watch until the end. */
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { connect } from '../../client/connection.js';
import { EXIT } from '../exit.js';
import { watchInterrupt } from '../interrupt.js';
import { parseSeed, planFile } from '../../client/plan-file.js';
import { startCurriculum } from '../../client/start-curriculum.js';
import { requireDone, say, watchLoudly } from '../watch-loudly.js';

export const run: Action = async ([file = ''], options) => {
  const { plan } = await planFile(file, { seed: parseSeed(options['setSeed'], '--set-seed') });
  const settings = readSettings(process.env);
  const client = await connect(settings);
  const started = await startCurriculum(client, plan, settings, { replace: options['replace'] === true, say });
  say(`${started.attached ? 'attached to' : 'started'} ${started.workflowId}`);
  if (options['detach'] === true) {
    process.stdout.write(`${started.workflowId}\n`);
    return EXIT.done;
  }
  const interrupt = watchInterrupt(() =>
    say(`not watching any more; the curriculum goes on. End it with: stagewright cancel ${plan.recipe}`),
  );
  try {
    const end = await watchLoudly(client, started.workflowId, { signal: interrupt.signal });
    if (end.kind === 'interrupted') return EXIT.interrupted;
    requireDone(end, plan.recipe);
    process.stdout.write(`${started.workflowId} done\n`);
    return EXIT.done;
  } finally {
    interrupt.dispose();
  }
};
