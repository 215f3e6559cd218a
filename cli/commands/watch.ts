/** `watch`: a run that was started already, until its end. */
import { connect } from '../../client/connection.js';
import { findCurriculum } from '../../client/find-curriculum.js';
import type { Action } from '../commands.js';
import { follow } from '../follow.js';
import { optionText } from '../option-text.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

export const watch: Action = async ([meant], options) => {
  const settings = settingsOf(options);
  const client = await connect(settings);
  const workflowId = await findCurriculum(client, meant, { variant: optionText(options, 'variant'), say });
  return follow(client, workflowId, workflowId.split('/')[2] ?? workflowId, settings.store);
};
