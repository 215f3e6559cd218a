/** A client, workers over scripted activities on queues of their own, and a planned stage: what each server test begins with. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { classQueue, controlQueue, cpuQueue, hostQueue } from '../../core/ids.js';
import type { Plan, PlannedData, PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import { sharedBundle } from '../support/shared-bundle.js';
import { KEY, type Script } from './scripted-activities.js';
import { ASK_AGAIN } from '../support/ask-again.js';

let bundle: Promise<string> | undefined;

export interface Bench {
  readonly client: Client;
  readonly prefix: string;
  /** Random, so that runs of one server never meet. */
  key(n: number): string;
  /** Nobody serves workflows while `between` goes on: what happens then meets them in one task. */
  withoutControl(between: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** @param cached false: every workflow task replays the whole history, so that what is not deterministic shows */
export async function openBench(
  address: string,
  script: Pick<Script, 'activities'>,
  { cached = true }: { cached?: boolean } = {},
): Promise<Bench> {
  if (bundle === undefined) Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundle ??= sharedBundle();
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const host = 'host-a';
  const connection = await NativeConnection.connect({ address });
  const activities = script.activities(host, prefix);
  const common = { connection, activities, maxHeartbeatThrottleInterval: '200ms', shutdownForceTime: '1s' };
  const serveWorkflows = async (): Promise<Worker> =>
    Worker.create({
      ...common,
      taskQueue: controlQueue(prefix),
      ...(cached ? {} : { maxCachedWorkflows: 0 }),
      ...(bundle === undefined ? {} : { workflowBundle: { codePath: await bundle } }),
    });
  const workers = [
    await serveWorkflows(),
    ...(await Promise.all(
      [cpuQueue(prefix), classQueue('any', prefix), hostQueue(host, prefix)].map((taskQueue) =>
        Worker.create({ ...common, taskQueue }),
      ),
    )),
  ];
  const running = workers.map((worker) => worker.run().catch(() => undefined));
  const client = new Client({
    connection: await Connection.connect({ address }),
    interceptors: { workflow: [ASK_AGAIN] },
  });
  const salt = randomUUID().replaceAll('-', '').slice(0, 32);
  return {
    client,
    prefix,
    key: (n) => `${salt}${KEY(n).slice(32)}`,
    async withoutControl(between) {
      const [control] = workers;
      control?.shutdown();
      await running[0];
      await between();
      const next = await serveWorkflows();
      workers[0] = next;
      running[0] = next.run().catch(() => undefined);
    },
    close: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(running);
      await client.connection.close();
      await connection.close();
    },
  };
}

export function stageOf(key: string, name = 'one', parent: string | null = null): PlannedStage {
  return {
    name,
    capability: 'perception',
    key,
    parent,
    model: { name: 'tiny', sha256: KEY(1) },
    trainer: { name: 'onnx', version: '1' },
    verifier: null,
    seed: 1,
    objective: {
      kind: 'sft',
      training: {
        steps: 10,
        learning_rate: 0.001,
        warmup_steps: 0,
        schedule: { kind: 'constant', final: 1 },
        weight_decay: 0,
        adam_beta1: 0.9,
        adam_beta2: 0.99,
        max_grad_norm: 1,
        freeze_vision: false,
        vision_learning_rate_factor: 1,
        batch_size: 2,
      },
    },
    data: {
      name: 'rows',
      key: KEY(2),
      derivation: { generator: 'folder', content_sha256: KEY(3) },
      folder: '/nowhere',
    },
    order: 'shuffled',
    execution: { gpus: 0, class: 'any', threads: 1 },
    checkpoints: { save_every_steps: 5, keep: 2 },
  };
}

/** A set that models filter out of another one. */
export function filteredOf(key: string, of: PlannedData, name = 'unseen'): PlannedData {
  const identity = { kind: 'endpoint' as const, model: 'm', revision: '1' };
  return {
    name,
    key,
    derivation: {
      generator: 'filter',
      version: 1,
      of: of.key,
      image_only: [identity],
      caption_only: [identity],
      prompt_sha256: KEY(4),
      sampling: { temperature: 0, top_p: 1, max_tokens: 8 },
      seed: 1,
      mode: 'strict',
    },
    folder: null,
    inputs: [of],
    generators: [{ name: 'm', kind: 'openai', model: null, identity }],
    max_unknown: 0.01,
  };
}

export function planOf(recipe: string, stages: PlannedStage[], hash = KEY(9)): Plan {
  return { schema: 'stagewright/plan@1', recipe, seed: 1, hash, stages, evaluations: [] };
}

export function evaluationOf(stage: PlannedStage, key: string): PlannedEvaluation {
  const { name, data, model } = stage;
  return { stage: name, weights: stage.key, key, data, model, shard_rows: 1, threads: 1 };
}
