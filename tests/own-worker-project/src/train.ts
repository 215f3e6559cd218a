import { connect, planFile } from 'stagewright';
import { settings } from './settings.js';
import type { sightBeforeThought } from './workflows.js';

const [atLeast = '0.1', name = 'first'] = process.argv.slice(2);
const { plan } = await planFile('recipe.yaml');
const [see, think] = plan.stages;
const look = plan.evaluations.find(({ stage }) => stage === 'see');
if (see === undefined || think === undefined || look === undefined) throw new Error('the recipe has two stages');

const client = await connect(settings);
const handle = await client.workflow.start<typeof sightBeforeThought>('sightBeforeThought', {
  workflowId: `sight-before-thought/${name}`,
  taskQueue: settings.queuePrefix,
  args: [
    { see, think, look, atLeast: Number(atLeast), placement: { queuePrefix: settings.queuePrefix, oneQueue: true } },
  ],
  workflowIdConflictPolicy: 'USE_EXISTING',
});
console.log(await handle.result());
await client.connection.close();
