/**
 * The recipe: data, stages and evaluation of one curriculum, as a person writes it in YAML. Strict: an unknown key is an error.
 * A recipe is data: it names trainers, models and generators and can never hold a command, a URL or a secret. Variants and
 * defaults are folded in before (variants.ts); this schema is what is left, and what editors are given.
 */
import { z } from 'zod';
import { recipeComplaints } from './recipe-checks.js';
import { dataSchema } from './data-source.js';
import { gateSchema } from './gate.js';
import { generatorSchema } from './generators.js';
import { nativeSchema } from './native.js';
import { orderPerEpochSchema, orderSchema } from './order.js';
import { rlvrTrainingSchema, sftTrainingSchema } from './training.js';

export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, ".", "_" or "-" (at most 63)');

/** Where and how a stage runs: never part of its key. */
export const executionSchema = z.strictObject({
  gpus: z.int().min(0).default(0).describe('Devices on one host, all or nothing; 0 takes one CPU slot.'),
  class: nameSchema.default('any').describe('Class of hosts: the queue that is asked for a device.'),
  threads: z.int().min(1).default(2).describe('CPU threads of the embedded trainer.'),
  micro_batch: z
    .strictObject({ update: z.int().min(1).optional(), experience: z.int().min(1).optional() })
    .optional()
    .describe('Samples a device takes at once, for updates and for log-probabilities.'),
  gpu_memory_utilization: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('Share of a device that the rollout engine may take.'),
  tensor_parallel: z.int().min(1).optional().describe('Devices that one copy of the rollout engine spans.'),
  offload: z
    .strictObject({ params: z.boolean().optional(), optimizer: z.boolean().optional() })
    .optional()
    .describe('Keep weights or optimizer in host memory while they are not needed.'),
  gradient_checkpointing: z.boolean().optional(),
  dtype: z.enum(['bf16', 'fp16', 'fp32']).optional().describe("Of weights in training. Default: the trainer's."),
  rollout_engine: z.enum(['trainer', 'vllm-colocate', 'vllm-server']).optional().describe("Default: the trainer's."),
  native: nativeSchema
    .optional()
    .describe(
      "The trainer's own keys that leave the mathematics as it is; any other key belongs to the stage's `native`.",
    ),
});
export type Execution = z.infer<typeof executionSchema>;

/** How often it saves and what stays: never part of a stage's key. */
export const checkpointsSchema = z.strictObject({
  save_every_steps: z.int().min(1).default(20),
  keep: z.int().min(2).default(2).describe('Newest whole checkpoints kept besides the final one.'),
});
export type CheckpointSettings = z.infer<typeof checkpointsSchema>;

const verifierName = z.string().min(1).optional();

const stageShared = {
  name: nameSchema,
  description: z.string().optional(),
  capability: z.string().min(1).describe('What the stage is meant to teach: a label for people and reports.'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Weights to start from: the stage before (default; the first starts from `scratch`), `scratch`, or an earlier stage's name.",
    ),
  data: z.string().min(1).describe('Name of an entry of `data`.'),
  order: orderSchema.default('shuffled'),
  order_per_epoch: orderPerEpochSchema
    .optional()
    .describe(
      'Of an order by difficulty over several passes: `spread` over them all (default), or `restart` with each. A trainer that cannot spread it runs with `restart` only.',
    ),
  trainer: z
    .string()
    .min(1)
    .optional()
    .describe("`onnx`, `easyr1`, `trl` or one's own; `easyr1@d146d24` asks for one version. Default: the recipe's."),
  native: nativeSchema
    .optional()
    .describe(
      "The trainer's own keys, for what has no setting here; checked against its version's table, part of the key.",
    ),
  seed: z.int().min(0).optional(),
  execution: executionSchema.prefault({}),
  checkpoints: checkpointsSchema.prefault({}),
  gates: z
    .array(gateSchema)
    .default([])
    .describe('What must hold after this stage, its evaluation included, before the next one starts.'),
};

const stageVerifier = verifierName.describe("What the rewards come from. Default: the recipe's.");

export const stageSchema = z.discriminatedUnion('objective', [
  z.strictObject({ objective: z.literal('sft'), ...stageShared, training: sftTrainingSchema }),
  z.strictObject({
    objective: z.literal('rlvr'),
    ...stageShared,
    verifier: stageVerifier,
    training: rlvrTrainingSchema,
  }),
]);
export type Stage = z.infer<typeof stageSchema>;

export const evaluationSchema = z.strictObject({
  data: z.array(z.string().min(1)).min(1).describe('Names of entries of `data` to answer greedily after stages.'),
  after: z.enum(['each', 'last']).default('each'),
  verifier: verifierName.describe("What answers are graded by. Default: the recipe's."),
  shard_rows: z.int().min(1).default(2048).describe('Rows of one shard: one activity.'),
});

/** What a device costs, for `plan` and reports only. */
export const pricesSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three capital letters, e.g. EUR')
    .describe('Three letters, ISO 4217.'),
  device_hour: z.number().min(0).describe('One device (or CPU slot) for an hour.'),
});

/** An ablation, as what differs from the recipe that it stands in. */
export const variantSchema = z.strictObject({
  description: z.string().optional(),
  seed: z.int().min(0).optional(),
  model: z.string().min(1).optional(),
  trainer: z.string().min(1).optional(),
  curriculum: z.array(nameSchema).min(1).optional().describe('Stages by name, in this order.'),
  change: z
    .record(nameSchema, z.record(z.string(), z.json()))
    .optional()
    .describe('Settings of stages by their names: JSON Merge Patch (RFC 7396).'),
  defaults: z.record(z.string(), z.json()).optional().describe("Merge patches of the recipe's own sections."),
  data: z.record(nameSchema, z.json()).optional(),
  evaluation: z.record(z.string(), z.json()).optional(),
});
export type Variant = z.infer<typeof variantSchema>;

export const recipeSchema = z
  .strictObject({
    name: nameSchema,
    description: z.string().optional(),
    seed: z.int().min(0).default(1),
    model: z.string().min(1).describe('Embedded architecture (a folder of models/graphs), e.g. `demo`.'),
    trainer: z.string().min(1).default('onnx'),
    verifier: verifierName.describe(
      'What grades answers, in rewards and evaluations: `math`, `mcq`, `exact`, `format`, `reward` or `digits`. Default: `digits`.',
    ),
    data: z.record(nameSchema, dataSchema),
    generators: z
      .record(nameSchema, generatorSchema)
      .optional()
      .describe('Models that answer questions for derived data sets, by name.'),
    /** Settings of every stage of an objective, where the stage itself does not say. */
    defaults: z
      .strictObject({
        sft: z.record(z.string(), z.json()).optional(),
        rlvr: z.record(z.string(), z.json()).optional(),
      })
      .optional(),
    stages: z.array(stageSchema).min(1, 'a recipe needs at least one stage'),
    curriculum: z
      .array(nameSchema)
      .min(1)
      .optional()
      .describe('Which stages run, by name and in this order; without it all of them as they stand.'),
    evaluation: evaluationSchema.optional(),
    prices: pricesSchema.optional(),
    variants: z.record(nameSchema, variantSchema).optional(),
  })
  .superRefine((recipe, ctx) => {
    for (const { path, message } of recipeComplaints(recipe)) ctx.addIssue({ code: 'custom', path, message });
  });
export type Recipe = z.infer<typeof recipeSchema>;
