/** States of stages and curricula (design.md), and the status that queries return. Shapes only. */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';

export const stageStateSchema = z.enum([
  'queued',
  'running',
  'pausing',
  'paused',
  'waiting',
  'done',
  'skipped',
  'stopped',
  'failed',
  'cancelled',
  'superseded',
]);
export type StageState = z.infer<typeof stageStateSchema>;

/** What a parked stage asks, and what may be answered. */
export const choiceSchema = z.enum(['retry', 'restart', 'skip', 'stop', 'approve', 'reject']);
export type Choice = z.infer<typeof choiceSchema>;

export const questionSchema = z.strictObject({
  /** Failure type of core/failures.ts, or `Gate`. */
  type: z.string(),
  reason: z.string(),
  question: z.string(),
  choices: z.array(choiceSchema).min(1),
});
export type Question = z.infer<typeof questionSchema>;

export const answerSchema = z.strictObject({
  choice: choiceSchema,
  actor: z.string().min(1),
  reason: z.string(),
});
export type Answer = z.infer<typeof answerSchema>;

export const stageStatusSchema = z.strictObject({
  name: z.string(),
  key: sha256Schema,
  state: stageStateSchema,
  /** True when the result was in the store already, or another curriculum's stage was joined. */
  reused: z.boolean(),
  attempts: z.int(),
  host: z.string().nullable(),
  epoch: z.int().nullable(),
  step: z.int().nullable(),
  planned_steps: z.int(),
  question: questionSchema.nullable(),
  /** Last failure in words, also after it was overcome. */
  last_failure: z.string().nullable(),
  /** What a person did last to it, e.g. `paused by ann at step 40 (0 steps to be done again): dinner`. */
  last_control: z.string().nullable().default(null),
});
export type StageStatus = z.infer<typeof stageStatusSchema>;

export const evaluationStatusSchema = z.strictObject({
  stage: z.string(),
  data: z.string(),
  key: sha256Schema,
  state: z.enum(['queued', 'running', 'done', 'failed']),
});

export const curriculumStateSchema = z.enum(['running', 'paused', 'waiting', 'done', 'stopped', 'failed', 'cancelled']);
export type CurriculumState = z.infer<typeof curriculumStateSchema>;

/** A gate that was judged, or that waits. */
export const gateStatusSchema = z.strictObject({
  /** Stage after which it stands. */
  stage: z.string(),
  /** core/gate.ts describeGate. */
  gate: z.string(),
  state: z.enum(['passed', 'warned', 'waiting', 'approved', 'rejected', 'stopped']),
  /** What was measured, or who decided and why. */
  detail: z.string(),
});
export type GateStatus = z.infer<typeof gateStatusSchema>;

export const curriculumStatusSchema = z.strictObject({
  recipe: z.string(),
  plan_hash: sha256Schema,
  state: curriculumStateSchema,
  stages: z.array(stageStatusSchema),
  evaluations: z.array(evaluationStatusSchema),
  gates: z.array(gateStatusSchema).default([]),
  /** What the curriculum itself asks: a gate that waits for `approve` or `reject`. Stages ask their own. */
  question: questionSchema.nullable().default(null),
  last_control: z.string().nullable().default(null),
});
export type CurriculumStatus = z.infer<typeof curriculumStatusSchema>;
