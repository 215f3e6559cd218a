// Stores histories of closed runs for tests/replay, from a server that still has them:
//   node tests/replay/record.mjs ADDRESS SUFFIX WORKFLOW_ID...      (writes histories/<workflow>-<suffix>[-n].json)
import { writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

// Stack traces name this machine's folders; a history in the repository must not.
const root = new URL('../../', import.meta.url).pathname;
const [address, suffix, ...ids] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection });
const seen = new Map();
for (const id of ids) {
  const handle = client.workflow.getHandle(id);
  const { type } = await handle.describe();
  const name = type.replace(/Workflow$/u, '');
  const n = (seen.get(name) ?? 0) + 1;
  seen.set(name, n);
  const file = new URL(`histories/${name}-${suffix}${n > 1 ? `-${n}` : ''}.json`, import.meta.url);
  writeFileSync(file, `${historyToJSON(await handle.fetchHistory()).replaceAll(root, '/repository/')}\n`);
  console.log(id, '->', file.pathname);
}
await connection.close();
