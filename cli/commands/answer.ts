/** `answer`: tells a parked stage what to do. */
import { userInfo } from 'node:os';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { stageId } from '../../core/ids.js';
import { choiceSchema } from '../../core/states.js';
import { readSettings } from '../../workers/settings.js';
import { answerUpdate } from '../../workflows/messages.js';
import type { Action } from '../commands.js';
import { call, connect } from '../../client/connection.js';
import { CommandError, EXIT } from '../exit.js';
import { findStage } from '../../client/find-curriculum.js';

export const answer: Action = async ([meant = '', given = ''], options) => {
  const choice = choiceSchema.safeParse(given);
  if (!choice.success)
    throw new CommandError(`"${given}" is no answer; choose one of ${choiceSchema.options.join(', ')}`, EXIT.usage);
  const client = await connect(readSettings(process.env));
  const { recipe, reason } = options;
  const stage = await findStage(client, meant, typeof recipe === 'string' ? recipe : undefined);
  const args: [{ choice: typeof choice.data; actor: string; reason: string }] = [
    { choice: choice.data, actor: userInfo().username, reason: typeof reason === 'string' ? reason : '' },
  ];
  try {
    await call(client, () => client.workflow.getHandle(stageId(stage.key)).executeUpdate(answerUpdate, { args }));
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new CommandError(`refused: ${error.cause?.message ?? error.message}`, EXIT.usage);
    throw error;
  }
  process.stdout.write(`${stage.name}: ${choice.data}\n`);
  return EXIT.done;
};
