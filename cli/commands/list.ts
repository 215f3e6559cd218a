/** `list`: runs on the server. */
import Table from 'cli-table3';
import { connect } from '../../client/connection.js';
import { listCurricula } from '../../client/find-curriculum.js';
import { withStates } from '../../client/list-states.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { duration } from '../progress-text.js';
import { settingsOf } from '../settings.js';
import { PLAIN_TABLE } from '../tables.js';

export const list: Action = async ([recipe], options) => {
  const limit = Number(options['limit']);
  if (!Number.isInteger(limit) || limit < 1)
    throw new CommandError(`--limit must be a whole number from 1, not "${String(options['limit'])}"`, EXIT.usage);
  const settings = settingsOf(options);
  const client = await connect(settings);
  const found = await withStates(client, await listCurricula(client, recipe, limit));
  if (options['json'] === true) print(JSON.stringify(found, null, 2));
  else if (found.length === 0)
    print(
      recipe === undefined
        ? `no runs in namespace ${settings.namespace} at ${settings.address}; start one with: stagewright run <recipe>`
        : `no runs of recipe ${recipe} in namespace ${settings.namespace} at ${settings.address}`,
    );
  else {
    const table = new Table({ ...PLAIN_TABLE, head: ['recipe', 'state', 'started', 'took', 'workflow'] });
    for (const { recipe: name, state, started, ended, workflowId } of found) {
      const took = ((ended ?? new Date()).getTime() - started.getTime()) / 1000;
      table.push([name, state, started.toISOString().slice(0, 16).replace('T', ' '), duration(took), workflowId]);
    }
    print(table.toString());
  }
  return EXIT.done;
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
