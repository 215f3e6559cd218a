/**
 * Real workers, runners and trainers of one store: what the server tests of hosts and faults begin with. It starts workers with
 * host names and devices, plans small recipes, and reads the store's files with its own eyes. It asserts nothing.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { readFacts } from '../../client/facts.js';
import { findMarked, signalProcess, type MarkedProcess } from '../../cli/process-identity.js';
import { readRecipe } from '../../client/recipe-file.js';
import { controlQueue, curriculumId, stageId } from '../../core/ids.js';
import { planRecipe, type Plan } from '../../core/plan.js';
import type { Recipe, Stage } from '../../core/recipe.js';
import type { Choice, StageStatus } from '../../core/states.js';
import type { curriculumWorkflow } from '../../workflows/curriculum.js';
import { answerUpdate, stageStatusQuery, type CurriculumInput } from '../../workflows/messages.js';
import { startCli, TINY, type Running } from './cli.js';
import { ASK_AGAIN } from './ask-again.js';

/** In the environment of every process that a cluster starts, its own folder as the value. */
const MARK = 'STAGEWRIGHT_TEST_CLUSTER';

export interface Claim {
  readonly epoch: number;
  readonly host: string;
  readonly devices: readonly string[];
  readonly resume_from: { readonly epoch: number; readonly step: number } | null;
}
export interface PlanOptions {
  /** Tells stages apart: each seed has its own keys. */
  readonly seed: number;
  readonly steps?: number;
  readonly saveEvery?: number;
  readonly gpus?: number;
  readonly class?: string;
  /** Of the tiny recipe's stages, from the first. Default 1; the second one (rlvr) keeps its own steps. */
  readonly stages?: number;
  /** Last change of the recipe. */
  readonly change?: (recipe: Recipe) => Recipe;
  /** The recipe's file, to which data folders are relative. */
  readonly file?: string;
}
export type Handle = WorkflowHandle<typeof curriculumWorkflow>;

export interface Cluster {
  readonly home: string;
  readonly prefix: string;
  readonly client: Client;
  /** `env` comes last; a `gpu` worker is a host, with one device unless STAGEWRIGHT_DEVICES says otherwise. */
  startWorker(role: string, host: string, env?: Readonly<Record<string, string>>): Running;
  plan(name: string, options: PlanOptions): Promise<Plan>;
  run(plan: Plan): Promise<Handle>;
  answer(plan: Plan, choice: Choice, stage?: number): Promise<void>;
  /** Resolves when the stage asks. */
  parked(plan: Plan, stage?: number): Promise<StageStatus>;
  claims(plan: Plan, stage?: number): Claim[];
  /** Ascending. */
  manifests(plan: Plan, epoch: number, stage?: number): number[];
  /** Steps of the trainer's own log, as they stand there. */
  steps(plan: Plan, epoch: number, stage?: number): number[];
  epochFolder(plan: Plan, epoch: number, stage?: number): string;
  /** Keys of the stages that hold devices on a host. */
  leased(host: string): string[];
  /** Every process of the cluster's runs (runners and trainers), of one host where it is named. */
  runs(host?: string): MarkedProcess[];
  /** The trainer of a stage's newest epoch; undefined while there is none. */
  trainer(plan: Plan, stage?: number): MarkedProcess | undefined;
  ofHost(host: string): MarkedProcess[];
  close(): Promise<void>;
}

export async function openCluster(address: string, base: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const home = mkdtempSync(join(tmpdir(), 'stagewright-cluster-'));
  const prefix = `cluster-${randomUUID().slice(0, 8)}`;
  const store = base['STAGEWRIGHT_STORE'] ?? join(home, 'store');
  const client = new Client({
    connection: await Connection.connect({ address }),
    interceptors: { workflow: [ASK_AGAIN] },
  });
  const started: Running[] = [];
  const marked = (): MarkedProcess[] => findMarked(MARK, home);
  const stageFolder = (plan: Plan, stage: number): string => join(store, 'stages', plan.stages[stage]?.key ?? '');
  const stageHandle = (plan: Plan, stage: number): WorkflowHandle =>
    client.workflow.getHandle(stageId(plan.stages[stage]?.key ?? ''));

  const cluster: Cluster = {
    home,
    prefix,
    client,
    startWorker(role, host, env = {}) {
      const worker = startCli(['worker', '--role', role], {
        env: {
          [MARK]: home,
          STAGEWRIGHT_STORE: store,
          STAGEWRIGHT_HOST: host,
          STAGEWRIGHT_HOST_DIR: join(home, host),
          STAGEWRIGHT_DEVICES: role === 'gpu' ? `${host}-0` : '',
          STAGEWRIGHT_QUEUE_PREFIX: prefix,
          STAGEWRIGHT_RENEW_MS: '300',
          STAGEWRIGHT_EPOCH_TTL_MS: '3000',
          STAGEWRIGHT_LOG_LEVEL: 'warn',
          TEMPORAL_ADDRESS: address,
          ...base,
          ...env,
        },
      });
      started.push(worker);
      return worker;
    },
    plan: (name, options) => planTiny(`${name}-${prefix}`, options),
    run(plan) {
      const input: CurriculumInput = { plan, queuePrefix: prefix };
      return client.workflow.start('curriculumWorkflow', {
        workflowId: curriculumId(plan.recipe, plan.hash),
        taskQueue: controlQueue(prefix),
        args: [input],
      });
    },
    async answer(plan, choice, stage = 0) {
      await stageHandle(plan, stage).executeUpdate(answerUpdate, { args: [{ choice, actor: 'test', reason: '' }] });
    },
    parked: (plan, stage = 0) =>
      found(async () => {
        const status = await stageHandle(plan, stage)
          .query(stageStatusQuery)
          .catch(() => undefined);
        return status?.state === 'waiting' ? status : undefined;
      }),
    claims: (plan, stage = 0) =>
      list(join(stageFolder(plan, stage), 'epochs'))
        .sort((a, b) => Number(a) - Number(b))
        .flatMap((name) => {
          const file = join(stageFolder(plan, stage), 'epochs', name, 'claim.json');
          return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Claim] : [];
        }),
    manifests: (plan, epoch, stage = 0) =>
      list(join(cluster.epochFolder(plan, epoch, stage), 'manifests'))
        .filter((name) => /^\d+\.json$/u.test(name))
        .map((name) => Number.parseInt(name, 10))
        .sort((a, b) => a - b),
    steps(plan, epoch, stage = 0) {
      const file = join(cluster.epochFolder(plan, epoch, stage), 'metrics.jsonl');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
      return lines.map((line) => (JSON.parse(line) as { step: number }).step);
    },
    epochFolder: (plan, epoch, stage = 0) => join(stageFolder(plan, stage), 'epochs', String(epoch)),
    leased(host) {
      const file = join(home, host, 'leases.json');
      const table = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { leases: { key: string }[] }) : null;
      return table === null ? [] : table.leases.map((lease) => lease.key);
    },
    runs: (host) =>
      marked().filter(
        ({ environment }) =>
          environment.has('STAGEWRIGHT_RUN') && (host === undefined || environment.get('STAGEWRIGHT_HOST') === host),
      ),
    trainer(plan, stage = 0) {
      const epoch = cluster.claims(plan, stage).at(-1)?.epoch;
      const folder = cluster.epochFolder(plan, epoch ?? 0, stage);
      // Its command line names the job of its run folder; the job names the epoch's own files.
      return cluster.runs().find(({ pid }) => {
        const [, , verb, job] = argvOf(pid);
        return verb === 'train' && job !== undefined && existsSync(job) && readFileSync(job, 'utf8').includes(folder);
      });
    },
    ofHost: (host) => marked().filter(({ environment }) => environment.get('STAGEWRIGHT_HOST') === host),
    async close() {
      for (const { child } of started) child.kill('SIGKILL');
      // What was starting while we looked is found by the next look.
      for (let left = marked(); left.length > 0; left = marked()) {
        for (const one of left) signalProcess(one, 'SIGKILL');
        await sleep(20);
      }
      await client.connection.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return cluster;
}

async function planTiny(name: string, options: PlanOptions): Promise<Plan> {
  const { seed, steps, saveEvery, gpus = 1, stages = 1, change = (recipe) => recipe, file = TINY } = options;
  const tiny = await readRecipe(TINY);
  const resized = (stage: Stage, i: number): Stage =>
    ({
      ...stage,
      execution: { gpus, class: options.class ?? 'any', threads: 1 },
      training: { ...stage.training, ...(i === 0 && steps !== undefined ? { steps } : {}) },
      checkpoints: { ...stage.checkpoints, ...(saveEvery === undefined ? {} : { save_every_steps: saveEvery }) },
    }) as Stage;
  const recipe = change({
    ...tiny,
    name,
    seed,
    stages: tiny.stages.slice(0, stages).map(resized),
    evaluation: undefined,
  });
  return planRecipe(recipe, await readFacts(recipe, file));
}

/** Waits until `look` gives something; the test's own limit ends a wait in vain. */
export async function found<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    await sleep(50);
  }
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await found(async () => ((await holds()) ? true : undefined));
}

/** All steps from `from` to `to`, each once. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
