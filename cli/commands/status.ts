/** `status`: one run in full, as it is now. */
import Table from 'cli-table3';
import { connect } from '../../client/connection.js';
import { findCurriculum } from '../../client/find-curriculum.js';
import { readStatus, type Ended } from '../../client/read-status.js';
import type { Snapshot } from '../../client/snapshot.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { optionText } from '../option-text.js';
import { controlsOf, gateWords, liveWords, questionsOf, stateWords } from '../progress-text.js';
import { settingsOf } from '../settings.js';
import { PLAIN_TABLE } from '../tables.js';
import { say } from '../watch-loudly.js';

export const status: Action = async ([meant], options) => {
  const client = await connect(settingsOf(options));
  const workflowId = await findCurriculum(client, meant, { variant: optionText(options, 'variant'), say });
  const { snapshot, ended } = await readStatus(client, workflowId);
  const { status: now, live } = snapshot;
  print(
    options['json'] === true
      ? JSON.stringify({ workflow: workflowId, ...now, ended, live: Object.fromEntries(live) }, null, 2)
      : describe(workflowId, snapshot, ended),
  );
  return EXIT.done;
};

function describe(workflowId: string, { status: now, live }: Snapshot, ended: Ended | null): string {
  const { recipe, state, stages, evaluations, gates } = now;
  const table = new Table({ ...PLAIN_TABLE, head: ['stage', 'key', 'state', 'progress'] });
  for (const stage of stages) {
    const words = stage.state === 'running' ? liveWords(stage, live.get(stage.key)) : stateWords(stage);
    table.push([stage.name, stage.key.slice(0, 12), stage.state, words === stage.state ? '' : words]);
    for (const e of evaluations.filter((one) => one.stage === stage.name && stage.state !== 'superseded'))
      table.push([`  on ${e.data}`, e.key.slice(0, 12), e.state, '']);
  }
  const failures = stages.flatMap(({ name, state: at, last_failure: failure }) =>
    failure === null || at === 'failed' ? [] : [`last failure of ${name}: ${failure}`],
  );
  return [
    `${recipe}: ${state}   (${workflowId})`,
    table.toString(),
    ...gates.map(gateWords),
    ...controlsOf(now).map((text) => `last control: ${text}`),
    ...failures,
    ...(ended === null ? [] : [`ended: ${ended.message}`]),
    ...questionsOf(now),
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
