/**
 * Activities that follow a script, for tests of what workflows decide: each failure, timeout and answer can be made to happen at
 * will. Training itself is tested with the real trainer (tests/activity, tests/server/two-hosts, campaign).
 */
import { Context } from '@temporalio/activity';
import type {
  Acquired,
  CheckpointAt,
  ControlActivities,
  FoundCheckpoints,
  Grant,
  Stopped,
  TrainEnd,
} from '../../activities/contracts.js';
import { createControlActivities } from '../../activities/control/activities.js';
import { toFailure } from '../../activities/support/failures.js';
import type { StageResult } from '../../core/checkpoint.js';
import type { CheckpointRef } from '../../core/checkpoint.js';
import { StagewrightError, type FailureType } from '../../core/failures.js';
import type { DataWorkPlan, ShardDone } from '../../core/data/work.js';
import type { Measured } from '../../core/gate.js';
import { hostQueue } from '../../core/ids.js';
import { planAgain, type PlanChange } from '../../core/plan-again.js';
import { checkpointWeightsKey, type Plan } from '../../core/plan.js';
import type { StageStatus } from '../../core/states.js';

export const KEY = (n: number): string => String(n).padStart(64, '0');

export function resultOf(key: string): StageResult {
  return {
    schema: 'stagewright/result@1',
    key,
    epoch: 1,
    step: 10,
    final: { epoch: 1, step: 10 },
    export: { root: 'epochs/1/export', files: [{ path: 'model.safetensors', size: 1, sha256: KEY(7) }] },
    trainer: { name: 'onnx', version: '1' },
  };
}

/** What one call of `train` does. */
export type Act =
  | { readonly do: 'finish' }
  | { readonly do: 'interrupt' }
  | { readonly do: 'fail'; readonly type: FailureType }
  /** Beats no more, as a killed worker. */
  | { readonly do: 'vanish' }
  /** Works until it is told to finish; hears no cancel. */
  | { readonly do: 'finish when'; readonly told: Promise<void> }
  /** Works until it is cancelled; then stops once `saved` is, or turns out to have finished. */
  | { readonly do: 'work'; readonly saved?: Promise<void>; readonly finishes?: boolean };

export class Script {
  readonly calls: string[] = [];
  readonly stops: { key: string; epoch: number }[] = [];
  readonly results = new Map<string, StageResult>();
  acts: Act[] = [];
  /** Step of the manifest that each attempt begins with. */
  resumeSteps: number[] = [];
  acquireFailures: FailureType[] = [];
  prepareFailures: FailureType[] = [];
  findFailures: FailureType[] = [];
  exportFailures: FailureType[] = [];
  gateFailures: FailureType[] = [];
  passRateFailures: FailureType[] = [];
  shardFailures: FailureType[] = [];
  assembleFailures: FailureType[] = [];
  /** Keys of derived sets that are in the store. */
  readonly made = new Set<string>();
  /** Of each pass of a derived set. */
  shards = 6;
  /** By a derived set's name: what its shards wait for. */
  readonly asking = new Map<string, Promise<void>>();
  /** Whole checkpoints by step, of every stage. */
  checkpoints: CheckpointRef[] = [];
  stopped: Stopped = { step: null, manifest: null };
  /** Values that gates find, one after another; then 1. */
  measured: number[] = [];
  /** What an export waits for, to hold an update open. */
  exporting: Promise<void> = Promise.resolve();
  /** The same by a stage's key. */
  readonly exportingOf = new Map<string, Promise<void>>();

  /** By a stage's name, for tests that run beside each other: its acts, whether no device is ever free, what its evaluation waits for. */
  readonly actsOf = new Map<string, Act[]>();
  readonly withoutDevice = new Set<string>();
  /** What a grant to a stage, or the making of a data set, of this name waits for, deaf to a cancel. */
  readonly acquiring = new Map<string, Promise<void>>();
  /** Names of stages whose `train` is at work: only these hear a cancel. */
  readonly training = new Set<string>();
  readonly evaluating = new Map<string, Promise<void>>();
  /** By a recipe's name: what planning again waits for, to hold a change of the plan open. */
  readonly planning = new Map<string, Promise<void>>();
  /** By a stage's workflow: what an update waits for on its way from the curriculum. */
  readonly passing = new Map<string, Promise<void>>();
  /** Names of stages that asked for a device. */
  readonly asked = new Set<string>();
  /** By a stage's key: where its run stood. */
  readonly stoppedAt = new Map<string, Stopped>();
  /** What a request for a device waits for before it is granted; it hears no cancel. */
  readonly granting = new Map<string, Promise<void>>();
  /** By a stage's key: why its run cannot be stopped. */
  readonly unstoppable = new Map<string, FailureType>();

  activities(host: string, prefix: string): Record<string, (...args: never[]) => Promise<unknown>> {
    const raise = (type: FailureType, details = {}): never => {
      throw toFailure(new StagewrightError(type, `${type} by script`, details), Context.current().info.attempt);
    };
    const control = createControlActivities();
    return {
      ...control,
      updateStage: async (input: Parameters<ControlActivities['updateStage']>[0]): Promise<StageStatus> => {
        await this.passing.get(input.workflowId);
        return control.updateStage(input);
      },
      planAgain: async ({ plan, change }: { plan: Plan; change: PlanChange }): Promise<Plan> => {
        await this.planning.get(plan.recipe);
        return planAgain(plan, change);
      },
      findCheckpoint: async (asked: { stage: { key: string }; step: number | null }): Promise<FoundCheckpoints> => {
        const type = this.findFailures.shift();
        if (type !== undefined) raise(type);
        const { step, stage } = asked;
        const found = step === null ? this.checkpoints.at(-1) : this.checkpoints.find((c) => c.step === step);
        const steps = this.checkpoints.map((c) => c.step).reverse();
        return { checkpoint: found === undefined ? null : { ...found, key: stage.key }, steps };
      },
      exportCheckpoint: async (asked: { stage: { key: string }; checkpoint: CheckpointAt }): Promise<StageResult> => {
        this.calls.push(`export ${asked.checkpoint.step}`);
        await (this.exportingOf.get(asked.stage.key) ?? this.exporting);
        const type = this.exportFailures.shift();
        if (type !== undefined) raise(type);
        const key = checkpointWeightsKey({ key: asked.stage.key, step: asked.checkpoint.step });
        const result = {
          ...resultOf(key),
          step: asked.checkpoint.step,
          final: { epoch: asked.checkpoint.epoch, step: asked.checkpoint.step },
        };
        this.results.set(key, result);
        return result;
      },
      checkPassRates: async (): Promise<{ rows: number }> => {
        const type = this.passRateFailures.shift();
        if (type !== undefined) raise(type);
        return { rows: 4 };
      },
      measureGate: async (): Promise<Measured> => {
        const type = this.gateFailures.shift();
        if (type !== undefined) raise(type);
        return { value: this.measured.shift() ?? 1, n: 100 };
      },
      findResult: async (key: string): Promise<StageResult | null> => this.results.get(key) ?? null,
      takeOver: async (key: string): Promise<StageResult> => this.results.get(key) ?? resultOf(key),
      prepareData: async (data: { name: string }): Promise<{ rows: number }> => {
        const deaf = this.acquiring.get(data.name);
        if (deaf !== undefined) {
          this.calls.push(`making ${data.name}`);
          await deaf;
        }
        const type = this.prepareFailures.shift();
        if (type !== undefined) raise(type);
        return { rows: 4 };
      },
      findData: async (key: string): Promise<{ rows: number } | null> => (this.made.has(key) ? { rows: 4 } : null),
      planData: async ({ key }: { key: string }): Promise<DataWorkPlan> => ({
        done: this.made.has(key),
        phases: ['image-0', 'caption-0'].map((name) => ({ name, words: name, shards: this.shards, rows: this.shards })),
      }),
      runDataShard: async (asked: { data: { name: string }; phase: string; shard: number }): Promise<ShardDone> => {
        const { data, phase, shard } = asked;
        this.calls.push(`${data.name} ${phase} ${shard}`);
        const beat = setInterval(() => Context.current().heartbeat(), 200);
        const waits = this.asking.get(data.name) ?? Promise.resolve();
        await Promise.race([waits, Context.current().cancelled]).finally(() => clearInterval(beat));
        const type = this.shardFailures.shift();
        if (type !== undefined) raise(type);
        return { rows: 1, unknown: 0, requests: 1, reused: 0, prompt_tokens: 3, completion_tokens: 2, cost: 0.5 };
      },
      assembleData: async ({ key, name }: { key: string; name: string }): Promise<{ rows: number }> => {
        this.calls.push(`assemble ${name}`);
        const type = this.assembleFailures.shift();
        if (type !== undefined) raise(type);
        this.made.add(key);
        return { rows: 4 };
      },
      planShards: async ({ stage }: { stage: string }) =>
        this.evaluating.has(stage)
          ? { done: false, shards: [{ index: 0, from: 0, to: 1 }] }
          : { done: true, shards: [] },
      answerShard: async ({ evaluation }: { evaluation: { stage: string } }): Promise<void> => {
        const beat = setInterval(() => Context.current().heartbeat(), 200);
        const answered = this.evaluating.get(evaluation.stage) ?? Promise.resolve();
        await Promise.race([answered, Context.current().cancelled]).finally(() => clearInterval(beat));
      },
      summarise: async ({ evaluation }: { evaluation: { stage: string } }): Promise<void> => {
        this.evaluating.delete(evaluation.stage);
      },
      acquireGpu: async (input: { stage: { name: string }; owner: Grant['owner'] }): Promise<Acquired> => {
        this.calls.push('acquire');
        this.asked.add(input.stage.name);
        const type = this.acquireFailures.shift();
        if (type !== undefined) raise(type);
        if (this.withoutDevice.has(input.stage.name)) raise('NoFreeDevice');
        const beat = setInterval(() => Context.current().heartbeat(), 200);
        await (this.granting.get(input.stage.name) ?? Promise.resolve()).finally(() => clearInterval(beat));
        const deaf = this.acquiring.get(input.stage.name);
        if (deaf !== undefined) {
          this.calls.push(`acquiring ${input.stage.name}`);
          await deaf;
        }
        const step = this.resumeSteps.shift() ?? 0;
        const grant: Grant = {
          host,
          hostQueue: hostQueue(host, prefix),
          devices: [],
          epoch: input.owner.attempt,
          owner: input.owner,
          resumeFrom: step === 0 ? null : { epoch: 1, step },
          passedOver: [],
        };
        return { kind: 'granted', grant };
      },
      train: async (input: { stage: { key: string; name: string } }): Promise<TrainEnd> => {
        this.calls.push('train');
        const act = (this.actsOf.get(input.stage.name) ?? this.acts).shift() ?? { do: 'finish' };
        switch (act.do) {
          case 'finish':
            this.results.set(input.stage.key, resultOf(input.stage.key));
            return { kind: 'done', result: resultOf(input.stage.key) };
          case 'interrupt':
            return { kind: 'interrupted', reason: 'by script' };
          case 'fail':
            return raise(act.type);
          case 'vanish':
            // Without a heartbeat no cancel arrives either: only the worker's shutdown ends it.
            return Context.current().cancelled.then(() => ({ kind: 'interrupted', reason: 'never' }));
          case 'finish when': {
            const beat = setInterval(() => Context.current().heartbeat(), 200);
            this.training.add(input.stage.name);
            await act.told.finally(() => clearInterval(beat));
            this.training.delete(input.stage.name);
            this.results.set(input.stage.key, resultOf(input.stage.key));
            return { kind: 'done', result: resultOf(input.stage.key) };
          }
          case 'work': {
            const beat = setInterval(() => Context.current().heartbeat(), 200);
            this.training.add(input.stage.name);
            try {
              return await Context.current().cancelled;
            } catch (error) {
              await act.saved;
              if (act.finishes !== true) throw error;
              this.results.set(input.stage.key, resultOf(input.stage.key));
              return { kind: 'done', result: resultOf(input.stage.key) };
            } finally {
              this.training.delete(input.stage.name);
              clearInterval(beat);
            }
          }
        }
      },
      stopRun: async ({ key, grant }: { key: string; grant: Grant }): Promise<Stopped> => {
        this.calls.push('stopRun');
        this.stops.push({ key, epoch: grant.epoch });
        const type = this.unstoppable.get(key);
        if (type !== undefined) raise(type);
        return this.stoppedAt.get(key) ?? this.stopped;
      },
    };
  }
}
