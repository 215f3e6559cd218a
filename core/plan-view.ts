/**
 * What `plan` says of a recipe before anything runs, as JSON. Facts of the moment (what the store holds, free disk, speeds measured
 * so far) around a plan; nothing of it enters a run. Shapes only: client/plan-view finds the facts.
 */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';
import { orderPerEpochSchema, orderSchema } from './order.js';

const count = z.int().min(0);

export const stageViewSchema = z.strictObject({
  name: z.string(),
  /** Null when it cannot be known: the trainer is not installed, and its version is part of the key. */
  key: sha256Schema.nullable(),
  capability: z.string(),
  objective: z.enum(['sft', 'rlvr']),
  /** Name of the stage whose weights it starts from; null = from scratch. */
  from: z.string().nullable(),
  trainer: z.string(),
  /** `done`: its result is in the store, nothing is trained; `begun`: it goes on from `step`. */
  state: z.enum(['done', 'begun', 'new']),
  step: count,
  steps: z.int().min(1),
  /** Other variants of the file (and the recipe itself, by its name) that have the same stage: trained once for all. */
  shared_with: z.array(z.string()),
  /** `rows` null where only making the set tells. */
  data: z.strictObject({ name: z.string(), key: sha256Schema, rows: count.nullable() }),
  order: orderSchema,
  /** Of an order by difficulty: what it does over several passes. */
  order_per_epoch: orderPerEpochSchema.optional(),
  /** Over the rows; null where only making them tells how many there are. */
  passes: z.number().min(0).nullable(),
  devices: z.strictObject({ gpus: count, class: z.string(), threads: z.int().min(1) }),
  checkpoints: z.strictObject({
    save_every_steps: z.int().min(1),
    /** That stay when it is done. */
    kept: z.int().min(1),
    /** Of one checkpoint, of the exported weights, and of all that it needs at once; null where only a run tells. */
    bytes_each: count.nullable(),
    export_bytes: count.nullable(),
    bytes: count.nullable(),
  }),
  gates: z.array(z.string()),
  /** As the trainer will be started; null when it is not installed. */
  command: z.strictObject({ argv: z.array(z.string()).min(1), cwd: z.string() }).nullable(),
  /** What the trainer is told, by its own dotted names. */
  overrides: z.record(z.string(), z.string()),
  /** Of training alone, from speeds measured in this store; null = nothing like it was trained there. */
  hours: z.number().min(0).nullable(),
  cost: z.number().min(0).nullable(),
  /** Why it cannot run as things are; null = it can. */
  blocked: z.string().nullable(),
});
export type StageView = z.infer<typeof stageViewSchema>;

/** A set that models help to make. */
export const derivedViewSchema = z.strictObject({
  name: z.string(),
  key: sha256Schema,
  generator: z.string(),
  /** Names of the sets that it is made of. */
  inputs: z.array(z.string()),
  /** By the recipe's names, with model and revision. */
  models: z.array(z.strictObject({ name: z.string(), model: z.string() })),
  /** Questions to models, at least; null before the rows of its input are known. */
  requests: count.nullable(),
  /** `made`: in the store; `begun`: some of its shards are. */
  state: z.enum(['made', 'begun', 'new']),
  rows: count.nullable(),
});
export type DerivedView = z.infer<typeof derivedViewSchema>;

export const planViewSchema = z.strictObject({
  schema: z.literal('stagewright/plan-view@1'),
  recipe: z.string(),
  variant: z.string().nullable(),
  seed: z.int(),
  /** Null with a trainer that is not installed. */
  plan_hash: sha256Schema.nullable(),
  workflow_id: z.string().nullable(),
  store: z.strictObject({
    folder: z.string(),
    /** False = nothing was ever trained there. */
    exists: z.boolean(),
    free_bytes: count,
    /** False = the checkpoints and exports of some stage would not fit. */
    enough: z.boolean(),
  }),
  /** Derived sets of all stages and evaluations, each once, after those that it is made of. */
  derived: z.array(derivedViewSchema),
  stages: z.array(stageViewSchema).min(1),
  evaluations: z.array(
    z.strictObject({
      stage: z.string(),
      data: z.string(),
      rows: count.nullable(),
      key: sha256Schema.nullable(),
      done: z.boolean(),
    }),
  ),
  /** Over the stages that are not done; null as soon as one is unknown. */
  totals: z.strictObject({
    steps: count,
    bytes: count.nullable(),
    hours: z.number().nullable(),
    cost: z.number().nullable(),
    currency: z.string().nullable(),
  }),
  /** Null when every stage can run. */
  blocked: z.string().nullable(),
});
export type PlanView = z.infer<typeof planViewSchema>;

export const variantsViewSchema = z.strictObject({
  schema: z.literal('stagewright/variants-view@1'),
  /** The recipe itself first. */
  plans: z.array(planViewSchema).min(1),
  /** Stages of all plans, each key once. */
  distinct: z.strictObject({
    stages: count,
    done: count,
    blocked: count,
    steps: count,
    bytes: count.nullable(),
    hours: z.number().nullable(),
    cost: z.number().nullable(),
  }),
});
export type VariantsView = z.infer<typeof variantsViewSchema>;
