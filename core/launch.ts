/**
 * What the runner is told (launch file) and what it tells (state file): the whole contract between the training activity and
 * the detached runner process. Files and signals only. Shapes, no behaviour.
 */
import { z } from 'zod';
import { checkpointRefSchema, ownerSchema, reachSchema, sha256Schema, stageResultSchema } from './checkpoint.js';
import { stallSchema, TRAINER_PHASES } from './trainer-profile.js';

/** A command as the runner starts it; rendered by the backend, never taken from a recipe. */
export const commandSchema = z.strictObject({
  argv: z.array(z.string()).min(1),
  cwd: z.string(),
  /** Added to the runner's environment. */
  env: z.record(z.string(), z.string()),
});
export type Command = z.infer<typeof commandSchema>;

/** What the host's profile of the trainer adds to a launch (core/trainer-profile.ts); absent for a trainer that has none. */
export const launchProfileSchema = z.strictObject({
  /** As the host's file has it, placeholders and all: `train` and `export` hold it filled in, an export made again fills it anew. */
  prefix: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** Run on stop, before SIGTERM: for what signals do not reach. */
  stop: z.array(z.string()).min(1).optional(),
  /** Names of secret variables that pass to the trainer. */
  secrets: z.array(z.string()),
  stall: stallSchema,
  device_free_mib: z.number().min(0),
});
export type LaunchProfile = z.infer<typeof launchProfileSchema>;

export const timersSchema = z.strictObject({
  /** The runner writes its renewal to the store this often. */
  renew_ms: z.int().positive().default(2_000),
  /** An epoch whose renewal stands still this long, seen by the claimer's own clock, may be superseded. */
  epoch_ttl_ms: z.int().positive().default(15_000),
  /** Without a worker for this long the runner asks the trainer to save, then stops. */
  unattended_stop_ms: z.int().positive().default(600_000),
  /** From SIGTERM (save and stop) to SIGKILL of the group. */
  stop_grace_ms: z.int().positive().default(30_000),
  /** How often the runner looks at files. */
  poll_ms: z.int().positive().default(250),
});
export type Timers = z.infer<typeof timersSchema>;

export const launchSchema = z.strictObject({
  schema: z.literal('stagewright/launch@1'),
  key: sha256Schema,
  epoch: z.int().min(1),
  owner: ownerSchema,
  host: z.string(),
  /** Value of STAGEWRIGHT_RUN in the environment of every process of this run. */
  marker: z.string().min(8),
  /** Named devices of the lease; empty for CPU slots. GPU names become CUDA_VISIBLE_DEVICES. */
  devices: z.array(z.string()),
  store: z.string(),
  /** Host-local folder of this run: launch.json, state.json, attended, runner.log. */
  run_folder: z.string(),
  backend: z.string(),
  /** The backend's own job, validated by it. */
  job: z.json(),
  train: commandSchema,
  export: commandSchema,
  profile: launchProfileSchema.optional(),
  trainer: z.strictObject({ name: z.string(), version: z.string() }),
  planned_steps: z.int().min(1),
  resume_from: checkpointRefSchema.nullable(),
  /** The checkpoint of another stage that this epoch goes on from: an amended stage that has none of its own yet. */
  continues: checkpointRefSchema.extend({ key: sha256Schema }).nullable().default(null),
  reach: reachSchema,
  /** Newest whole checkpoints that stay, the final one apart. */
  keep_checkpoints: z.int().min(2),
  timers: timersSchema,
});
export type Launch = z.infer<typeof launchSchema>;

export const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), result: stageResultSchema }),
  /** Stopped at a checkpoint because asked to (`requested`), or because nobody attended. */
  z.strictObject({ kind: z.literal('stopped'), reason: z.enum(['requested', 'unattended', 'fenced']) }),
  z.strictObject({
    kind: z.literal('failed'),
    type: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.json()),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Numbers of a step that watchers show. */
export const LIVE_METRICS = ['reward', 'accuracy', 'kl', 'entropy', 'loss', 'trace_length'] as const;
const liveMetricsSchema = z.partialRecord(z.enum(LIVE_METRICS), z.number());
export type LiveMetrics = z.infer<typeof liveMetricsSchema>;

/** Checkpoints that an epoch's runner has committed. */
const committedSchema = z.strictObject({
  count: z.int().min(0),
  /** Of their files, whether they were pruned since or not. */
  bytes: z.int().min(0),
  /** From finding a checkpoint to its manifest, all together. */
  seconds: z.number().min(0),
  /** When the last one was committed, in ms since 1970 by the host's clock. */
  at: z.int().nullable(),
});
export type Committed = z.infer<typeof committedSchema>;

/** Absent in what a runner of version 0.1 writes. */
const live = { last_metrics: liveMetricsSchema.optional(), committed: committedSchema.optional() };

export const runnerStateSchema = z.strictObject({
  schema: z.literal('stagewright/runner-state@1'),
  marker: z.string(),
  pid: z.int(),
  /** Start time of `pid` in clock ticks since boot (/proc/PID/stat field 22), so that a reused pid is not taken for it. */
  start_time: z.string(),
  phase: z.enum(['starting', 'training', 'exporting', 'stopping', 'ended']),
  trainer_pid: z.int().nullable(),
  /** Last trained step that the trainer reported; null before the first. */
  step: z.int().nullable(),
  planned_steps: z.int(),
  /** What a foreign trainer is at within `training`, by its log. */
  trainer_phase: z.enum(TRAINER_PHASES).optional(),
  /** Over the last steps; null until known. */
  steps_per_second: z.number().nullable(),
  last_manifest: checkpointRefSchema.nullable(),
  ...live,
  outcome: outcomeSchema.nullable(),
});
export type RunnerState = z.infer<typeof runnerStateSchema>;

/** Details of a training heartbeat: a hint for people and for the next attempt; the store's manifests are the truth. */
export const trainingProgressSchema = z.strictObject({
  phase: z.string(),
  step: z.int().nullable(),
  planned_steps: z.int(),
  steps_per_second: z.number().nullable(),
  last_manifest: checkpointRefSchema.nullable(),
  ...live,
  /** Seconds since the step last changed. */
  idle_seconds: z.number(),
});
export type TrainingProgress = z.infer<typeof trainingProgressSchema>;
