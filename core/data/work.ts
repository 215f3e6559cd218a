/**
 * The work of making a derived set, as it passes between workflow, activities and watchers: small, since it enters history. What
 * models answered is in the store.
 */
import { z } from 'zod';
import { questionSchema } from '../states.js';

const count = z.int().min(0);

/** Of answers that a piece of work had. */
export const spentSchema = z.strictObject({
  /** Sent to a model; `reused`: found in the journal. */
  requests: count,
  reused: count,
  prompt_tokens: count,
  completion_tokens: count,
  /** At the worker's prices, of what was sent; null where it has none. */
  cost: z.number().min(0).nullable(),
});
export type SpentSoFar = z.infer<typeof spentSchema>;

export const NOTHING_SPENT: SpentSoFar = { requests: 0, reused: 0, prompt_tokens: 0, completion_tokens: 0, cost: null };

export function addSpent(a: SpentSoFar, b: SpentSoFar): SpentSoFar {
  return {
    requests: a.requests + b.requests,
    reused: a.reused + b.reused,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    cost: a.cost === null && b.cost === null ? null : (a.cost ?? 0) + (b.cost ?? 0),
  };
}

/** Heartbeat of a shard that is being asked. */
export const shardProgressSchema = z.strictObject({
  /** Questions of the shard, and those that have their answer. */
  questions: count,
  answered: count,
  rows: count,
  ...spentSchema.shape,
});
export type ShardProgress = z.infer<typeof shardProgressSchema>;

/** Of a shard that is committed. */
export interface ShardDone extends SpentSoFar {
  readonly rows: number;
  /** Rows of it that lack an answer. */
  readonly unknown: number;
}

export interface PlannedPhase {
  readonly name: string;
  /** For people: what is asked of whom. */
  readonly words: string;
  readonly shards: number;
  readonly rows: number;
}
export interface DataWorkPlan {
  /** The set is in the store. */
  readonly done: boolean;
  readonly phases: readonly PlannedPhase[];
}

export const dataStatusSchema = z.strictObject({
  name: z.string(),
  key: z.string(),
  state: z.enum(['inputs', 'asking', 'assembling', 'waiting', 'done', 'stopped', 'failed', 'cancelled']),
  /** What is being done, for people. */
  phase: z.string().nullable(),
  /** Of all passes together: rows of an input that two models see count twice. Null before its inputs are made. */
  rows: count.nullable(),
  /** Of shards that are committed. */
  rows_done: count,
  /** From the first shard to the last that was committed, outages included. */
  seconds: z.number().min(0),
  spent: spentSchema,
  question: questionSchema.nullable(),
  last_failure: z.string().nullable(),
  last_control: z.string().nullable(),
});
export type DataStatus = z.infer<typeof dataStatusSchema>;
