/**
 * Gates: what must hold after a stage before the next one starts. Shapes and the comparison only; measuring is an activity's,
 * waiting for a person a workflow's. Never part of a stage's key.
 */
import { z } from 'zod';

export const onFailureSchema = z.enum(['ask', 'stop', 'warn']);

const bounds = {
  min: z.number().optional().describe('The measured value must be at least this.'),
  max: z.number().optional().describe('The measured value must be at most this.'),
  on_failure: onFailureSchema
    .default('ask')
    .describe(
      '`ask`: wait for `approve` or `reject`; `stop`: end the curriculum as stopped; `warn`: say so and go on.',
    ),
};

export const evaluationMetricSchema = z.enum(['accuracy', 'format']);
/** Fields of core/metrics.ts that a gate may ask for. */
export const trainingMetricSchema = z.enum([
  'loss',
  'grad_norm',
  'entropy',
  'reward',
  'accuracy',
  'format',
  'mixed_groups',
  'kl',
  'clip_fraction',
  'trace_length',
]);
export type TrainingMetric = z.infer<typeof trainingMetricSchema>;

export const gateSchema = z
  .discriminatedUnion('on', [
    z.strictObject({
      on: z.literal('evaluation'),
      data: z.string().min(1).describe("A data set of the recipe's `evaluation.data`."),
      capability: z
        .string()
        .min(1)
        .optional()
        .describe('Rows of one capability, or of one kind, only; of all without either.'),
      kind: z.string().min(1).optional(),
      metric: evaluationMetricSchema
        .default('accuracy')
        .describe('Share of answers, 0 to 1. `format` is counted by kind or over all rows.'),
      ...bounds,
    }),
    z.strictObject({
      on: z.literal('training'),
      metric: trainingMetricSchema.describe('Mean over the last steps of the stage.'),
      last_steps: z.int().min(1).default(10),
      ...bounds,
    }),
    z.strictObject({
      on: z.literal('approval'),
      question: z.string().min(1).default('Go on?').describe('What the person is asked.'),
    }),
  ])
  .superRefine((gate, ctx) => {
    if (gate.on === 'approval') return;
    if (gate.min === undefined && gate.max === undefined)
      ctx.addIssue({ code: 'custom', path: ['min'], message: 'a gate needs min, max or both' });
    if (gate.min !== undefined && gate.max !== undefined && gate.min > gate.max)
      ctx.addIssue({
        code: 'custom',
        path: ['max'],
        message: `max ${gate.max} is below min ${gate.min}: nothing passes`,
      });
    if (gate.on === 'evaluation' && gate.capability !== undefined && gate.kind !== undefined)
      ctx.addIssue({ code: 'custom', path: ['kind'], message: 'name a capability or a kind, not both' });
    if (gate.on === 'evaluation' && gate.metric === 'format' && gate.capability !== undefined)
      ctx.addIssue({
        code: 'custom',
        path: ['metric'],
        message: 'format is counted by kind or over all rows, not by capability',
      });
  });
export type Gate = z.infer<typeof gateSchema>;
export type MeasuredGate = Exclude<Gate, { on: 'approval' }>;

/** A gate's metric as it was found. */
export const measuredSchema = z.strictObject({
  value: z.number(),
  n: z.int().min(1).describe('Answers or steps that the value is the mean of.'),
});
export type Measured = z.infer<typeof measuredSchema>;

/** In words, e.g. `accuracy of perception on heldout`. */
export function describeGate(gate: Gate): string {
  switch (gate.on) {
    case 'approval':
      return gate.question;
    case 'training':
      return `mean ${gate.metric} of the last ${gate.last_steps} steps`;
    case 'evaluation': {
      const of = gate.capability ?? gate.kind;
      return `${gate.metric}${of === undefined ? '' : ` of ${of}`} on ${gate.data}`;
    }
  }
}

/** Null when the gate is passed, else why not, with the figures. */
export function whyFailed(gate: MeasuredGate, { value, n }: Measured): string | null {
  const found = `${describeGate(gate)} is ${value.toFixed(4)} (n = ${n})`;
  if (gate.min !== undefined && !(value >= gate.min)) return `${found}, below the minimum ${gate.min}`;
  if (gate.max !== undefined && !(value <= gate.max)) return `${found}, above the maximum ${gate.max}`;
  return null;
}
