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
  weight_decay: z.number().min(0).default(0).describe('Decoupled (AdamW), on matrices only.'),
  adam_beta1: fraction.default(0.9),
  adam_beta2: fraction.default(0.99),
  max_grad_norm: positive.default(1).describe('Global L2 norm above which gradients are scaled down.'),
  freeze_vision: z.boolean().default(false),
  max_prompt_tokens: z.int().min(1).optional().describe("Default: the trainer's."),
  max_response_tokens: z.int().min(1).optional().describe("Default: the trainer's."),
  min_pixels: z.int().min(1).optional().describe("Smaller images are enlarged to this. Default: the trainer's."),
  max_pixels: z.int().min(1).optional().describe("Larger images are scaled down to this. Default: the trainer's."),
  vision_learning_rate_factor: positive.default(1).describe('Factor on the learning rate of the vision tower.'),
};

export const sftTrainingSchema = z.strictObject({
  ...shared,
  batch_size: z.int().min(1).default(128).describe('Rows a step.'),
});
export type SftTraining = z.infer<typeof sftTrainingSchema>;

/** GRPO (arXiv 2402.03300) with asymmetric clipping (DAPO, arXiv 2503.14476) as in the paper's recipe. */
export const rlvrTrainingSchema = z.strictObject({
  ...shared,
  batch_size: z.int().min(1).default(32).describe('Prompts a step (rollout batch).'),
  rollouts: z.int().min(2).default(8).describe('Samples a prompt: the group of the advantage.'),
  temperature: positive.default(1),
  clip_low: positive.default(0.2),
  clip_high: positive.default(0.28),
  kl_coefficient: z
    .number()
    .min(0)
    .default(0.01)
    .describe("Weight of the low-variance (k3) KL to the stage's starting weights, in the loss."),
  updates_per_batch: z.int().min(1).default(2).describe('Optimizer steps a rollout batch (PPO mini-batches).'),
  format_weight: fraction.default(0.1).describe('Reward = (1 - format_weight) * accuracy + format_weight * format.'),
});
export type RlvrTraining = z.infer<typeof rlvrTrainingSchema>;
