/** A worker of another version: what it does not know, and what it says otherwise, is named as that. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { expect, inject, it } from 'vitest';
import { runCli } from '../support/cli.js';

const address = inject('temporalAddress');

it('a status of another form and an update that is not there', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const taskQueue = `other-version-${process.pid}`;
  const workflowId = `stagewright/curriculum/${taskQueue}/0`;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../support/other-version/workflows.ts', import.meta.url)),
  });
  const client = new Client({ connection: await Connection.connect({ address }) });
  await worker.runUntil(async () => {
    const handle = await client.workflow.start('curriculumWorkflow', { workflowId, taskQueue });
    const env = { TEMPORAL_ADDRESS: address };
    const status = await runCli(['status', workflowId], { env });
    expect(status.stderr).toMatch(
      /VersionMismatch: the worker is of another version: .*\(weather\); bring worker and/u,
    );
    const pause = await runCli(['pause', workflowId], { env });
    expect(pause.stderr).toMatch(/VersionMismatch: .* is of another version and knows no pause; bring worker and/u);
    for (const { code, stdout } of [status, pause]) expect([code, stdout]).toEqual([2, '']);
    await handle.terminate();
  });
  await client.connection.close();
  await connection.close();
});
