/** `pause`, `resume`, `approve`, `reject`, `retry`, `skip`, `amend`, `stop`: each an update of the run's workflow. */
import { controlRun, type Controlled } from '../../client/control.js';
import { connect } from '../../client/connection.js';
import { findCurriculum } from '../../client/find-curriculum.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { optionText } from '../option-text.js';
import { stateWords } from '../progress-text.js';
import { settingsOf } from '../settings.js';
import { controlOf, isUpdate } from '../update-arguments.js';
import { say } from '../watch-loudly.js';

const SAY_AFTER_MS = 1_500;

export function controlAction(name: string): Action {
  return async ([meant], options) => {
    if (!isUpdate(name)) throw new CommandError(`no update "${name}"`, EXIT.usage);
    // Before the server is asked for anything: what is wrong here costs nothing.
    const control = controlOf(name, options);
    const client = await connect(settingsOf(options));
    const variant = optionText(options, 'variant');
    const workflowId = await findCurriculum(client, meant, { variant, stages: true, say });
    const waiting: { timer?: NodeJS.Timeout } = {};
    try {
      const done = await controlRun(client, workflowId, control, () => {
        waiting.timer = setTimeout(
          () => say(`${name} is accepted and under way; Ctrl-C ends the waiting only`),
          SAY_AFTER_MS,
        );
      });
      print(options['json'] === true ? JSON.stringify(done.status, null, 2) : words(done));
    } finally {
      clearTimeout(waiting.timer);
    }
    return EXIT.done;
  };
}

function words(done: Controlled): string {
  if (done.kind === 'stage') return `${done.status.name}: ${done.status.last_control ?? stateWords(done.status)}`;
  const { recipe, state, stages, last_control } = done.status;
  const at = stages.findLast((stage) => stage.last_control !== null);
  return `${recipe}: ${state}${last_control === null ? (at === undefined ? '' : `; ${at.name} ${at.last_control}`) : `; ${last_control}`}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
