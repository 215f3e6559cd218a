/** `cancel`: Temporal's own cancellation, as the UI's button does it; returns when the run has ended. */
import { connect } from '../../client/connection.js';
import { findCurriculum } from '../../client/find-curriculum.js';
import { cancelAndWait } from '../../client/start-curriculum.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { optionText } from '../option-text.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

export const cancel: Action = async ([meant], options) => {
  const client = await connect(settingsOf(options));
  const workflowId = await findCurriculum(client, meant, { variant: optionText(options, 'variant'), say });
  const { status } = await client.workflow.getHandle(workflowId).describe();
  if (status.name !== 'RUNNING')
    throw new CommandError(`${workflowId} does not run: it is ${status.name.toLowerCase()}`);
  say('cancelling; a trainer saves a checkpoint first if it can');
  await cancelAndWait(client, workflowId);
  process.stdout.write(`${workflowId} cancelled\n`);
  return EXIT.done;
};
