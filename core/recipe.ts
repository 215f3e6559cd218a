/**
 * The recipe: data, stages and evaluation of one curriculum, as a person writes it in YAML. Strict: an unknown key is an error.
 * A recipe is data: it names trainers, models and generators and can never hold a command, a URL or a secret.
 */
import { z } from 'zod';
import { dataSchema } from './data-source.js';
import { rlvrTrainingSchema, sftTrainingSchema } from './training.js';

export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, ".", "_" or "-" (at most 63)');

/** Where and how a stage runs: never part of its key. */
export const executionSchema = z.strictObject({
  /** Devices on one host, all or nothing; 0 takes one CPU slot. */
  gpus: z.int().min(0).default(0),
  /** Class of hosts: the queue that is asked for a device. */
  class: nameSchema.default('any'),
  /** CPU threads of the embedded trainer. */
  threads: z.int().min(1).default(2),
});
export type Execution = z.infer<typeof executionSchema>;

/** How often it saves and what stays: never part of a stage's key. */
export const checkpointsSchema = z.strictObject({
  save_every_steps: z.int().min(1).default(20),
  /** Newest whole checkpoints kept besides the final one. */
  keep: z.int().min(2).default(2),
});
export type CheckpointSettings = z.infer<typeof checkpointsSchema>;

const stageShared = {
  name: nameSchema,
  description: z.string().optional(),
  /** What the stage is meant to teach: a label for people and reports. */
  capability: z.string().min(1),
  /** Weights to start from: the stage before (default; the first starts from `scratch`), `scratch`, or an earlier stage's name. */
  from: z.string().min(1).optional(),
  /** Name of an entry of `data`. */
  data: z.string().min(1),
  order: z.enum(['shuffled', 'file', 'easy_to_hard', 'hard_to_easy']).default('shuffled'),
  /** Default: the recipe's. */
  trainer: z.string().min(1).optional(),
  seed: z.int().min(0).optional(),
  execution: executionSchema.prefault({}),
  checkpoints: checkpointsSchema.prefault({}),
};

export const stageSchema = z.discriminatedUnion('objective', [
  z.strictObject({ objective: z.literal('sft'), ...stageShared, training: sftTrainingSchema }),
  z.strictObject({ objective: z.literal('rlvr'), ...stageShared, training: rlvrTrainingSchema }),
]);
export type Stage = z.infer<typeof stageSchema>;

export const evaluationSchema = z.strictObject({
  /** Names of entries of `data` to answer greedily after stages. */
  data: z.array(z.string().min(1)).min(1),
  after: z.enum(['each', 'last']).default('each'),
  /** Rows of one shard: one activity. */
  shard_rows: z.int().min(1).default(2048),
});

export const recipeSchema = z
  .strictObject({
    name: nameSchema,
    description: z.string().optional(),
    seed: z.int().min(0).default(1),
    /** Embedded architecture (a folder of models/graphs), e.g. `demo`. */
    model: z.string().min(1),
    trainer: z.string().min(1).default('onnx'),
    data: z.record(nameSchema, dataSchema),
    stages: z.array(stageSchema).min(1, 'a recipe needs at least one stage'),
    evaluation: evaluationSchema.optional(),
  })
  .superRefine((recipe, ctx) => {
    const known = Object.keys(recipe.data);
    const complain = (path: (string | number)[], message: string): void =>
      ctx.addIssue({ code: 'custom', path, message });
    const seen: string[] = [];
    for (const [i, stage] of recipe.stages.entries()) {
      if (seen.includes(stage.name)) complain(['stages', i, 'name'], `stage name "${stage.name}" is used twice`);
      if (!known.includes(stage.data))
        complain(['stages', i, 'data'], `no data set "${stage.data}"; known: ${known.join(', ') || 'none'}`);
      if (
        stage.from !== undefined &&
        stage.from !== 'scratch' &&
        stage.from !== 'previous' &&
        !seen.includes(stage.from)
      )
        complain(
          ['stages', i, 'from'],
          `"${stage.from}" is no earlier stage; use scratch, previous${seen.map((s) => `, ${s}`).join('')}`,
        );
      if (i === 0 && stage.from === 'previous') complain(['stages', 0, 'from'], 'the first stage has none before it');
      seen.push(stage.name);
    }
    for (const [i, name] of (recipe.evaluation?.data ?? []).entries())
      if (!known.includes(name))
        complain(['evaluation', 'data', i], `no data set "${name}"; known: ${known.join(', ') || 'none'}`);
  });
export type Recipe = z.infer<typeof recipeSchema>;
