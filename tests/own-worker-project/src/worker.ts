import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { compose, stagewrightPlugins } from 'stagewright';
import * as activities from './activities.js';
import { settings } from './settings.js';

const { address, namespace, queuePrefix } = settings;
const connection = await NativeConnection.connect({ address });
try {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: queuePrefix,
    workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
    activities,
    plugins: [compose(stagewrightPlugins(settings))],
  });
  await worker.run();
} finally {
  await connection.close();
}
