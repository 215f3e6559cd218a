/** `status`: what runs, or one curriculum in full. */
import Table from 'cli-table3';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { connect } from '../../client/connection.js';
import { EXIT } from '../exit.js';
import { findCurriculum, listCurricula } from '../../client/find-curriculum.js';
import { liveWords, questionText, stateWords } from '../progress-text.js';
import { takeSnapshot, type Snapshot } from '../../client/snapshot.js';
import { PLAIN_TABLE } from '../tables.js';

export const status: Action = async ([meant], options) => {
  const client = await connect(readSettings(process.env));
  const json = options['json'] === true;
  if (meant === undefined) {
    const found = await listCurricula(client);
    if (json) print(JSON.stringify(found, null, 2));
    else if (found.length === 0) print('no curricula on this server');
    else {
      const table = new Table({ ...PLAIN_TABLE, head: ['curriculum', 'state', 'started'] });
      table.push(...found.map((c) => [c.workflowId, c.state, c.started.toISOString()]));
      print(table.toString());
    }
    return EXIT.done;
  }
  const snapshot = await takeSnapshot(client, await findCurriculum(client, meant));
  print(
    json
      ? JSON.stringify({ ...snapshot.status, live: Object.fromEntries(snapshot.live) }, null, 2)
      : describe(snapshot),
  );
  return EXIT.done;
};

function describe({ status: { recipe, plan_hash, state, stages, evaluations }, live }: Snapshot): string {
  const table = new Table({ ...PLAIN_TABLE, head: ['stage', 'key', 'state', 'progress'] });
  for (const stage of stages) {
    const words = stage.state === 'running' ? liveWords(stage, live.get(stage.key)) : stateWords(stage);
    table.push([stage.name, stage.key.slice(0, 12), stage.state, words]);
    for (const e of evaluations.filter((one) => one.stage === stage.name))
      table.push([`  on ${e.data}`, e.key.slice(0, 12), e.state, '']);
  }
  const questions = stages.filter((stage) => stage.state === 'waiting').map(questionText);
  return [`${recipe} ${plan_hash.slice(0, 16)}: ${state}`, table.toString(), ...questions].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
