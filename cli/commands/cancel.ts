/** `cancel`: Temporal's own cancellation, as the UI's button does it; returns when the curriculum has ended. */
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { connect } from '../../client/connection.js';
import { CommandError, EXIT } from '../exit.js';
import { findCurriculum } from '../../client/find-curriculum.js';
import { cancelAndWait } from '../../client/start-curriculum.js';
import { say } from '../watch-loudly.js';

export const cancel: Action = async ([meant = '']) => {
  const client = await connect(readSettings(process.env));
  const workflowId = await findCurriculum(client, meant);
  const { status } = await client.workflow.getHandle(workflowId).describe();
  if (status.name !== 'RUNNING')
    throw new CommandError(`${workflowId} does not run: it is ${status.name.toLowerCase()}`);
  say('cancelling; a trainer saves a checkpoint first if it can');
  await cancelAndWait(client, workflowId);
  process.stdout.write(`${workflowId} cancelled\n`);
  return EXIT.done;
};
