/**
 * Plans again what follows from a change of a running curriculum: an amended stage, handed-over weights, another arrangement. On
 * the plan itself, so that versions and digests stay what they were. Pure; called by an activity or a client, never in workflow code.
 */
import { z } from 'zod';
import { amendStage, settingsSchema } from './amend.js';
import { sha256Schema } from './checkpoint.js';
import { DIGITS_VERIFIER } from './digits/grade.js';
import { StagewrightError } from './failures.js';
import { orderPerEpoch, orderSchema, type Order } from './order.js';
import {
  checkpointOfSchema,
  sealEvaluation,
  sealPlan,
  sealStage,
  type Plan,
  type PlannedData,
  type PlannedStage,
} from './plan.js';
import { uniteData } from './plan-data.js';
import { rekeyData } from './rekey-data.js';

export const planChangeSchema = z.discriminatedUnion('kind', [
  /** Other settings of a stage: going on from a checkpoint of the old one, from weights only, or (a later stage) from its start. */
  z.strictObject({
    kind: z.literal('amend'),
    stage: sha256Schema,
    set: settingsSchema,
    continues: checkpointOfSchema.nullable(),
    /** Key under which a checkpoint's weights were exported: a break in lineage. */
    weights: sha256Schema.nullable(),
  }),
  /** What follows `stage` starts from the weights under `weights`. */
  z.strictObject({ kind: z.literal('hand_over'), stage: sha256Schema, weights: sha256Schema }),
  z.strictObject({ kind: z.literal('order'), stage: sha256Schema, order: orderSchema }),
  /** Stages by name, in this order; names in a list are merged to one stage. */
  z.strictObject({
    kind: z.literal('arrange'),
    order: z.array(z.union([z.string(), z.array(z.string()).min(2)])).min(1),
  }),
]);
export type PlanChange = z.infer<typeof planChangeSchema>;

type Amendment = Pick<Extract<PlanChange, { kind: 'amend' }>, 'set' | 'continues' | 'weights'>;

/** @throws StagewrightError UnknownName, RecipeInvalid */
export function planAgain(plan: Plan, change: PlanChange): Plan {
  switch (change.kind) {
    case 'amend':
      return rekeyed(plan, (stage) => {
        return stage.key === change.stage ? amended(stage, change) : null;
      });
    case 'order':
      return rekeyed(plan, (stage) => (stage.key === change.stage ? withOrder(stage, change.order) : null));
    case 'hand_over':
      return rekeyed(plan, () => null, new Map([[change.stage, change.weights]]));
    case 'arrange':
      return arranged(plan, change.order);
  }
}

/** Another order has its own way over several passes; a plan of an older version keeps that of an order it keeps. */
function withOrder({ order_per_epoch: chosen, ...stage }: PlannedStage, order: Order): PlannedStage {
  return { ...stage, order, ...orderPerEpoch(order, chosen) };
}

/** The key that a stage has once it is amended; its parent is trained already. @throws StagewrightError as planAgain */
export function amendedKey(stage: PlannedStage, amendment: Amendment): string {
  const { key: _, ...material } = { key: '', ...amended(stage, amendment) };
  return sealStage(material).key;
}

function amended(stage: PlannedStage, { set, continues, weights }: Amendment): Omit<PlannedStage, 'key'> {
  const { continues: _, ...changed } = amendStage(stage, set);
  const { steps } = changed.objective.training;
  if (continues !== null && continues.step >= steps)
    throw new StagewrightError(
      'RecipeInvalid',
      `stage ${stage.name} is at step ${continues.step} already: training.steps must be above it, not ${steps}`,
    );
  return {
    ...changed,
    ...(weights === null ? {} : { parent: weights }),
    ...(continues === null ? {} : { continues }),
  };
}

/** @param alter the stage as it should be, or null for one that only follows its parent */
function rekeyed(
  plan: Plan,
  alter: (stage: PlannedStage) => Omit<PlannedStage, 'key'> | null,
  weights = new Map<string, string>(),
): Plan {
  const { hash: _, ...body } = plan;
  const now = new Map(weights);
  const stages = plan.stages.map((stage) => {
    const altered = alter(stage);
    const base = altered ?? stage;
    const parent = base.parent === null ? null : (now.get(base.parent) ?? base.parent);
    const data = rekeyData(base.data, now);
    if (altered === null && parent === stage.parent && data === stage.data) return stage;
    const { key: __, ...material } = { key: '', ...base };
    const sealed = sealStage({ ...material, parent, data });
    now.set(stage.key, sealed.key);
    return sealed;
  });
  const evaluations = plan.evaluations.map((evaluation) => {
    const weights = now.get(evaluation.weights) ?? evaluation.weights;
    const data = rekeyData(evaluation.data, now);
    if (weights === evaluation.weights && data === evaluation.data) return evaluation;
    const { key: __, ...material } = evaluation;
    return sealEvaluation({ verifier: { ...DIGITS_VERIFIER }, ...material, weights, data });
  });
  return sealPlan({ ...body, stages, evaluations });
}

function arranged(plan: Plan, order: readonly (string | readonly string[])[]): Plan {
  const stages: PlannedStage[] = [];
  for (const item of order) {
    const {
      continues: _,
      key: __,
      ...chosen
    } = typeof item === 'string' ? find(plan, item) : merged(item.map((name) => find(plan, name)));
    const before = stages.at(-1);
    // What was trained from scratch depends on nothing before it, wherever it stands.
    const scratch = before === undefined || chosen.parent === null;
    stages.push(sealStage({ ...chosen, parent: scratch ? chosen.parent : before.key }));
  }
  const first = plan.evaluations[0];
  const sets = new Map(plan.evaluations.map((evaluation) => [evaluation.data.key, evaluation]));
  const each = new Set(plan.evaluations.map((evaluation) => evaluation.stage)).size > 1 || plan.stages.length === 1;
  const evaluated = first === undefined ? [] : each ? stages : stages.slice(-1);
  const evaluations = evaluated.flatMap((stage) =>
    [...sets.values()].map(({ key: _, ...evaluation }) =>
      sealEvaluation({ verifier: { ...DIGITS_VERIFIER }, ...evaluation, stage: stage.name, weights: stage.key }),
    ),
  );
  return sealPlan({ schema: plan.schema, recipe: plan.recipe, seed: plan.seed, stages, evaluations });
}

/** One stage on the rows of all, as many steps as they have together; all else is the first one's. */
function merged(stages: readonly PlannedStage[]): PlannedStage {
  const [first] = stages;
  if (first === undefined) throw new StagewrightError('RecipeInvalid', 'nothing to merge');
  const other = stages.find((stage) => stage.objective.kind !== first.objective.kind);
  if (other !== undefined)
    throw new StagewrightError(
      'RecipeInvalid',
      `stages ${first.name} (${first.objective.kind}) and ${other.name} (${other.objective.kind}) cannot be merged`,
    );
  const name = stages
    .map((stage) => stage.name)
    .join('-')
    .slice(0, 63);
  const steps = stages.reduce((sum, stage) => sum + stage.objective.training.steps, 0);
  const sets: PlannedData[] = stages.flatMap((stage) => stage.data.parts ?? [stage.data]);
  return {
    ...first,
    name,
    capability: 'merged',
    objective: { ...first.objective, training: { ...first.objective.training, steps } } as PlannedStage['objective'],
    data: uniteData(
      name,
      sets.map(({ parts: _, derivation, ...set }) => {
        if (derivation.generator === 'union')
          throw new StagewrightError('Internal', `${set.name} is a union without parts`);
        return { ...set, derivation };
      }),
    ),
    gates: stages.flatMap((stage) => stage.gates ?? []),
  };
}

function find(plan: Plan, name: string): PlannedStage {
  const found = plan.stages.find((stage) => stage.name === name);
  if (found === undefined)
    throw new StagewrightError(
      'UnknownName',
      `no stage "${name}" in the plan; known: ${plan.stages.map((stage) => stage.name).join(', ')}`,
    );
  return found;
}
