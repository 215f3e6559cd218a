/** Plugins in a Worker that runs: the host's queue beside it, in each way that plugins reach a Worker, and its end with the Worker. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Grant } from '../../activities/contracts.js';
import { planFile } from '../../client/plan-file.js';
import { hostQueue } from '../../core/ids.js';
import { stagewrightPlugins } from '../../workers/plugins/all.js';
import { compose } from '../../workers/plugins/compose.js';
import { StorePlugin } from '../../workers/plugins/domains.js';
import { defineSettings } from '../../workers/settings-object.js';
import type { Settings } from '../../workers/settings.js';
import type { askGrant, callHost } from '../support/call-host.js';
import { TINY } from '../support/cli.js';

let folder = '';
let address = '';
let bundle: WorkflowBundleWithSourceMap;
const open: { close(): Promise<void> }[] = [];

function settingsOf(): Settings {
  const queuePrefix = `plugins-${randomUUID().slice(0, 8)}`;
  return defineSettings({ home: join(folder, queuePrefix), host: 'host-a', queuePrefix, address, logLevel: 'warn' });
}
async function connected(plugins: readonly ReturnType<typeof compose>[] = []): Promise<NativeConnection> {
  const connection = await NativeConnection.connect({ address, plugins: [...plugins] });
  open.push(connection);
  return connection;
}
const KEY = 'ab'.repeat(32);

function askHost(client: Client, { queuePrefix }: Settings): Promise<unknown> {
  const grant: Grant = {
    host: 'host-a',
    hostQueue: hostQueue('host-a', queuePrefix),
    devices: [],
    epoch: 1,
    owner: { workflow_id: 'w', run_id: 'r', attempt: 1 },
    resumeFrom: null,
    passedOver: [],
  };
  return client.workflow.execute<typeof callHost>('callHost', {
    workflowId: `call-host/${queuePrefix}`,
    taskQueue: queuePrefix,
    args: [KEY, grant],
    workflowExecutionTimeout: '60s',
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-plugins-'));
  address = inject('temporalAddress');
  const workflowsPath = fileURLToPath(new URL('../support/call-host.ts', import.meta.url));
  bundle = await bundleWorkflowCode({ workflowsPath, plugins: [compose(stagewrightPlugins(settingsOf()))] });
});
afterAll(async () => {
  for (const connection of open) await connection.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('A Worker with all plugins', () => {
  it('serves the host’s queue with its own codec and interceptors, and ends with it', async () => {
    const settings = settingsOf();
    const codec = new Reversing();
    const dataConverter = { payloadCodecs: [codec] };
    const seen: string[] = [];
    const worker = await Worker.create({
      connection: await connected(),
      taskQueue: settings.queuePrefix,
      workflowBundle: bundle,
      dataConverter,
      interceptors: {
        activity: [
          ({ info }) => ({
            inbound: {
              execute: async (input, next) => {
                seen.push(`${info.activityType} on ${info.taskQueue}`);
                return next(input);
              },
            },
          }),
        ],
      },
      plugins: [compose(stagewrightPlugins(settings))],
    });
    const connection = await Connection.connect({ address });
    open.push(connection);
    const client = new Client({ connection, dataConverter });
    expect(await worker.runUntil(askHost(client, settings))).toEqual({ step: null, manifest: null });
    expect(seen).toEqual([`stopRun on ${hostQueue('host-a', settings.queuePrefix)}`]);
    // Activity's input and result, and those of the workflow.
    expect(codec.decoded).toBeGreaterThanOrEqual(4);
  });

  it('may get them from its connection, and still has one Worker for the host', async () => {
    const settings = settingsOf();
    const connection = await connected([compose(stagewrightPlugins(settings))]);
    const worker = await Worker.create({ connection, taskQueue: settings.queuePrefix, workflowBundle: bundle });
    const client = new Client({ connection: connection });
    expect(await worker.runUntil(askHost(client, settings))).toEqual({ step: null, manifest: null });
  });

  it('grants on one queue for all only what its class is asked for', async () => {
    const settings = { ...settingsOf(), hostClass: 'small' };
    const [stage] = (await planFile(TINY, { seed: 77 })).plan.stages;
    if (stage === undefined) throw new Error('no stage');
    const connection = await connected();
    const plugins = [compose(stagewrightPlugins(settings))];
    const worker = await Worker.create({
      connection,
      taskQueue: settings.queuePrefix,
      workflowBundle: bundle,
      plugins,
    });
    const client = new Client({ connection });
    const ask = (wanted: string): Promise<unknown> => {
      const owner = { workflow_id: 'w', run_id: wanted, attempt: 1 };
      const execution = { ...stage.execution, class: wanted };
      return client.workflow.execute<typeof askGrant>('askGrant', {
        workflowId: `ask-grant/${settings.queuePrefix}/${wanted}`,
        taskQueue: settings.queuePrefix,
        args: [{ stage: { ...stage, execution }, owner, queuePrefix: settings.queuePrefix, fromStart: false }],
        workflowExecutionTimeout: '60s',
      });
    };
    await worker.runUntil(async () => {
      const refused: unknown = await ask('large').catch((error: unknown) => error);
      expect(refused).toMatchObject({
        cause: {
          cause: {
            type: 'NoFreeDevice',
            message: `host host-a is of class "small"; stage ${stage.name} asks for class "large"`,
          },
        },
      });
      const queue = hostQueue('host-a', settings.queuePrefix);
      expect(await ask('small')).toMatchObject({
        kind: 'granted',
        grant: { host: 'host-a', hostQueue: queue, epoch: 1 },
      });
    });
  });

  it('is not made on a store that cannot be opened', async () => {
    const settings = settingsOf();
    const file = join(folder, `${settings.queuePrefix}-file`);
    writeFileSync(file, '');
    const plugins = [compose([new StorePlugin({ store: join(file, 'store') })])];
    const connection = await connected();
    await expect(Worker.create({ connection, taskQueue: settings.queuePrefix, plugins })).rejects.toMatchObject({
      type: 'StoreUnreachable',
      message: expect.stringContaining(`plugin stagewright.store: the store ${join(file, 'store')}`) as string,
    });
  });
});

/** Turns the bytes around: a side without it can read nothing. */
class Reversing implements PayloadCodec {
  decoded = 0;
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ metadata, data }) => ({ metadata: metadata ?? {}, data: reversed(data) }));
  }
  async decode(payloads: Payload[]): Promise<Payload[]> {
    this.decoded += payloads.length;
    return payloads.map(({ metadata, data }) => ({ metadata: metadata ?? {}, data: reversed(data) }));
  }
}
function reversed(data: Uint8Array | null | undefined): Uint8Array {
  return Uint8Array.from(data ?? []).reverse();
}
