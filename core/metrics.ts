/** One line of a trainer's metrics log (JSON Lines, flushed each step). All trainers' logs are mapped to this. */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';

const common = {
  /** Optimizer-visible training step, from 1. */
  step: z.int().min(1),
  loss: z.number(),
  /** Global L2 norm before clipping. */
  grad_norm: z.number(),
  learning_rate: z.number(),
  /** Response tokens trained on in this step, and per wall second. */
  tokens: z.int(),
  tokens_per_second: z.number(),
  seconds: z.number(),
  /** sha256 over the row ids of the batch joined by newlines, in order: shows that a resume takes the same data. */
  prompt_ids_sha256: sha256Schema,
};

export const metricsLineSchema = z.discriminatedUnion('objective', [
  z.strictObject({ objective: z.literal('sft'), ...common, entropy: z.number() }),
  z.strictObject({
    objective: z.literal('rlvr'),
    ...common,
    /** Mean reward of all samples, and its parts before weighting (0 to 1). */
    reward: z.number(),
    accuracy: z.number(),
    format: z.number(),
    /** Share of the samples that were neither right nor wrong, which earn what a wrong one earns. Absent in older logs. */
    ungradable: z.number().optional(),
    /** Share of groups whose samples do not all have the same reward. */
    mixed_groups: z.number(),
    /** Mean k3 estimate per token against the stage's starting weights. */
    kl: z.number(),
    /** Mean nats per response token. */
    entropy: z.number(),
    clip_fraction: z.number(),
    /** Mean response tokens, end of sequence included. */
    trace_length: z.number(),
  }),
]);
export type MetricsLine = z.infer<typeof metricsLineSchema>;
