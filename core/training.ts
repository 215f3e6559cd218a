/**
 * Trainer-neutral training settings: what changes the mathematics of a stage. Every field is part of the stage's key.
 * Defaults are those settled in models/README.md for the embedded task.
 */
import { z } from 'zod';

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);

/** Learning-rate factor over steps after a linear warm-up; `final` is the factor at the last step. */
const scheduleSchema = z.strictObject({
  kind: z.enum(['constant', 'linear', 'cosine']),
  final: fraction.default(1),
});

const shared = {
  steps: z.int().min(1),
  learning_rate: positive,
  warmup_steps: z.int().min(0).default(10),
  schedule: scheduleSchema.default({ kind: 'linear', final: 0.2 }),
  /** Decoupled (AdamW), on matrices only. */
  weight_decay: z.number().min(0).default(0),
  adam_beta1: fraction.default(0.9),
  adam_beta2: fraction.default(0.99),
  /** Global L2 norm above which gradients are scaled down. */
  max_grad_norm: positive.default(1),
  freeze_vision: z.boolean().default(false),
  /** Factor on the learning rate of the vision tower. */
  vision_learning_rate_factor: positive.default(1),
};

export const sftTrainingSchema = z.strictObject({
  ...shared,
  /** Rows a step. */
  batch_size: z.int().min(1).default(128),
});
export type SftTraining = z.infer<typeof sftTrainingSchema>;

/** GRPO (arXiv 2402.03300) with asymmetric clipping (DAPO, arXiv 2503.14476) as in the paper's recipe. */
export const rlvrTrainingSchema = z.strictObject({
  ...shared,
  /** Prompts a step (rollout batch). */
  batch_size: z.int().min(1).default(32),
  /** Samples a prompt: the group of the advantage. */
  rollouts: z.int().min(2).default(8),
  temperature: positive.default(1),
  clip_low: positive.default(0.2),
  clip_high: positive.default(0.28),
  /** Weight of the low-variance (k3) KL to the stage's starting weights, in the loss. */
  kl_coefficient: z.number().min(0).default(0.01),
  /** Optimizer steps a rollout batch (PPO mini-batches). */
  updates_per_batch: z.int().min(1).default(2),
  /** Reward = (1 - format_weight) * accuracy + format_weight * format. */
  format_weight: fraction.default(0.1),
});
export type RlvrTraining = z.infer<typeof rlvrTrainingSchema>;
