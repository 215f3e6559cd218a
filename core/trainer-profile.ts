/**
 * What whoever runs a host says of a trainer there (the worker's STAGEWRIGHT_TRAINERS file, docs/trainers.md): command, prefix, places,
 * environment, patience. A recipe never holds any of it, and none of it is part of a key. Shapes, no behaviour.
 */
import { z } from 'zod';

const words = z.array(z.string().min(1));
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');
const seconds = z.number().positive();

/** What a trainer is at, as its log tells. */
export const TRAINER_PHASES = ['load', 'rollout', 'update', 'save', 'validate'] as const;
export type TrainerPhase = (typeof TRAINER_PHASES)[number];

/** Longest silence of each phase, in seconds: floors; a phase that was seen is given `factor` times its longest so far, if that is more. */
export const stallSchema = z.strictObject({
  load: seconds.default(1_800),
  rollout: seconds.default(1_800),
  update: seconds.default(1_800),
  save: seconds.default(1_800),
  validate: seconds.default(3_600),
  factor: z.number().min(1).default(5),
});
export type StallLimits = z.infer<typeof stallSchema>;

export const wandbSchema = z.strictObject({
  project: z.string().min(1),
  entity: z.string().min(1).optional(),
  mode: z.enum(['online', 'offline']).default('online'),
});

export const trainerProfileSchema = z.strictObject({
  /** Program and first words, e.g. `[python3]` of the trainer's own environment. */
  command: words.min(1).default(['python3']),
  /** Put before the command: `[docker, run, …]`, `[srun, …]`. `{marker}`, `{devices}`, `{run_folder}` and `{store}` are filled in. */
  prefix: words.default([]),
  /** Run on stop where signals do not reach through the prefix, e.g. `[docker, stop, "stagewright-{marker}"]`. */
  stop: words.min(1).optional(),
  /** The trainer's checkout, where it needs one. */
  home: z.string().min(1).optional(),
  env: z.record(variable, z.string()).default({}),
  /** Variables of the worker's environment that the trainer is given; others that look secret are withheld. */
  secrets: z.array(variable).default([]),
  /** From SIGTERM to SIGKILL, in seconds. Default: the worker's. */
  stop_grace: seconds.optional(),
  stall: stallSchema.prefault({}),
  /** Memory in MiB that may still be used on a device which counts as free. */
  device_free_mib: z.number().min(0).default(1_024),
  tensorboard: z.boolean().default(false),
  /** The trainer's own W&B logging; null = never, whatever the trainer's defaults say. */
  wandb: wandbSchema.nullable().default(null),
  /** Of the backend itself, validated by it. */
  settings: z.record(z.string(), z.json()).default({}),
});
export type TrainerProfile = z.infer<typeof trainerProfileSchema>;

/** The file: profiles by the trainer's name, `trl` or `trl@1.9` for one version of several on a host. */
export const trainerProfilesSchema = z.strictObject({
  trainers: z.record(z.string().min(1), trainerProfileSchema),
});
export type TrainerProfiles = z.infer<typeof trainerProfilesSchema>;
