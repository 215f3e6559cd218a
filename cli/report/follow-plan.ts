/**
 * What became of a plan, as the store tells it: amended stages (they continue a checkpoint, or start from its weights) and weights
 * that were handed over early. Plans again with core/plan-again.ts and believes only what gives a key that the store has. Pure.
 * An amended stage that takes nothing over leaves no trace of its plan in the store; a server's history tells of it (history.ts).
 */
import { z } from 'zod';
import type { SettingChanges } from '../../core/amend.js';
import { canonicalJson } from '../../core/canonical-json.js';
import { sha256Schema } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import { LATER_SETTINGS } from '../../core/later-settings.js';
import { orderSchema } from '../../core/order.js';
import { planAgain, type PlanChange } from '../../core/plan-again.js';
import { checkpointOfSchema, checkpointWeightsKey, type Plan, type PlannedStage } from '../../core/plan.js';

/** What a stage's key hashes, as far as it is needed here. */
export const stageMaterialSchema = z.object({
  parent: sha256Schema.nullable(),
  order: orderSchema,
  objective: z.object({ training: z.record(z.string(), z.json()) }),
  seed: z.int(),
  continues: checkpointOfSchema.optional(),
});
/** The file: of a stage, or of a checkpoint's weights that were handed over before their stage was done. */
export const recordSchema = z.object({
  name: z.string(),
  material: z.union([z.strictObject({ weights_of: sha256Schema, step: z.int() }), stageMaterialSchema]),
});
export type StageMaterial = z.infer<typeof stageMaterialSchema>;
/** The name is whose run made it first: keys do not hash names. */
export interface NamedMaterial extends StageMaterial {
  readonly name: string;
}

export interface Stored {
  /** Of stages, by key. */
  readonly stages: ReadonlyMap<string, NamedMaterial>;
  /** Steps whose weights were exported before the stage was done, by the stage's key. */
  readonly exported: ReadonlyMap<string, readonly number[]>;
  /** Keys of stages that have a result. */
  readonly done: ReadonlySet<string>;
}

/** Amended more often than this is no plan but a loop. */
const MOST_CHANGES = 200;

/** @returns the plans one after another; the first is the one asked for, the last what holds now. */
export function followPlan(asked: Plan, stored: Stored): Plan[] {
  const plans = [asked];
  const seen = new Set([asked.hash]);
  for (let plan: Plan | null = asked; plan !== null && plans.length < MOST_CHANGES;) {
    plan = nextPlan(plan, stored, seen);
    if (plan === null) break;
    seen.add(plan.hash);
    plans.push(plan);
  }
  return plans;
}

function nextPlan(plan: Plan, stored: Stored, seen: ReadonlySet<string>): Plan | null {
  for (const [i, stage] of plan.stages.entries()) {
    if (stored.done.has(stage.key)) continue;
    for (const change of changesOf(stage, stored)) {
      const next = tryChange(plan, change);
      // What follows a handed-over checkpoint, or the amended stage itself.
      const key = next?.stages[change.kind === 'hand_over' ? i + 1 : i]?.key;
      if (next !== null && !seen.has(next.hash) && key !== undefined && stored.stages.has(key)) return next;
    }
  }
  return null;
}

/** Of several amendments of one stage those that are done come first, then by key: the store does not say which run meant which. */
function changesOf(stage: PlannedStage, { stages, exported, done }: Stored): PlanChange[] {
  const weights = (exported.get(stage.key) ?? []).map((step) => checkpointWeightsKey({ key: stage.key, step }));
  const amended = [...stages]
    .filter(
      ([, m]) =>
        m.continues?.key === stage.key || (m.name === stage.name && m.parent !== null && weights.includes(m.parent)),
    )
    .sort(([a], [b]) => Number(done.has(b)) - Number(done.has(a)) || (a < b ? -1 : 1))
    .map(([, material]): PlanChange => ({
      kind: 'amend',
      stage: stage.key,
      set: changedSettings(stage, material),
      continues: material.continues ?? null,
      weights: material.continues === undefined ? material.parent : null,
    }));
  return [...amended, ...weights.map((key): PlanChange => ({ kind: 'hand_over', stage: stage.key, weights: key }))];
}

function tryChange(plan: Plan, change: PlanChange): Plan | null {
  try {
    return planAgain(plan, change);
  } catch (error) {
    // Settings of another kind of stage: not a change of this one.
    if (error instanceof StagewrightError) return null;
    throw error;
  }
}

/** Dotted settings that make `stage` of `material`. */
function changedSettings(stage: PlannedStage, { objective, order, seed }: StageMaterial): SettingChanges {
  const before: Readonly<Record<string, unknown>> = stage.objective.training;
  const after = { ...LATER_SETTINGS, ...objective.training };
  const set: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after))
    if (canonicalJson(value) !== canonicalJson(before[name] ?? null)) set[`training.${name}`] = value;
  if (canonicalJson(order) !== canonicalJson(stage.order)) set['order'] = order;
  if (seed !== stage.seed) set['seed'] = seed;
  return z.record(z.string(), z.json()).parse(set);
}
