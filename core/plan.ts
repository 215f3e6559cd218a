/**
 * From a recipe to a plan: every stage with its settings resolved and its key (design.md, idea 2). Pure: the same recipe and
 * facts give the same bytes. Computed once, by the client; recorded in history; never recomputed in workflow code.
 */
import { z } from 'zod';
import { derivationKey } from './canonical-json.js';
import { sha256Schema } from './checkpoint.js';
import { dataDerivationSchema, type DataFacts } from './data-source.js';
import { StagewrightError } from './failures.js';
import { gateSchema } from './gate.js';
import { plannedGeneratorSchema } from './generators.js';
import { hint } from './nearest-name.js';
import { withoutLaterDefaults } from './later-settings.js';
import { nativeSchema } from './native.js';
import { orderPerEpoch, orderPerEpochSchema, orderSchema } from './order.js';
import { pick, planData, planVerifier } from './plan-data.js';
import { curriculumOf } from './recipe-checks.js';
import { checkpointsSchema, executionSchema, nameSchema, type Recipe, type Stage } from './recipe.js';
import { versionsOf } from './trainer-versions.js';
import { rlvrTrainingSchema, sftTrainingSchema } from './training.js';

/** Raised when the meaning of key material changes; every key then differs. */
export const KEY_SCHEMA = 1;

/** What the planner must know of this installation; all of it enters keys. */
export interface PlanFacts extends DataFacts {
  /** sha256 of each embedded model's model.json, which names its graphs' sha256. */
  readonly models: Readonly<Record<string, string>>;
  readonly trainers: Readonly<Record<string, { readonly version: string; readonly versions?: readonly string[] }>>;
  /** Where the recipe names none. */
  readonly verifier: { readonly name: string; readonly version: number };
  /** All that a recipe may name. */
  readonly verifiers?: Readonly<Record<string, { readonly version: number }>>;
}

const plannedSetSchema = z.strictObject({
  name: nameSchema,
  key: sha256Schema,
  derivation: dataDerivationSchema,
  /** Absolute path of one's own rows; null for generated data. */
  folder: z.string().nullable(),
});
export const plannedDataSchema = plannedSetSchema.extend({
  /** Of a union: the sets whose rows it takes, in order. */
  get parts() {
    return z.array(plannedDataSchema).optional();
  },
  /** Of a derived set: the sets that it is made of, in the order of core/data-source.ts inputsOf. */
  get inputs() {
    return z.array(plannedDataSchema).optional();
  },
  /** Of a derived set: the models that it asks, each once. */
  generators: z.array(plannedGeneratorSchema).optional(),
  /** Of a derived set: most unknown rows, as a share. No part of the key. */
  max_unknown: z.number().optional(),
});
export type PlannedData = z.infer<typeof plannedDataSchema>;

export const plannedObjectiveSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sft'), training: sftTrainingSchema }),
  z.strictObject({ kind: z.literal('rlvr'), training: rlvrTrainingSchema }),
]);

/** A checkpoint by what it is, whichever epoch wrote it: the trainer is deterministic. */
export const checkpointOfSchema = z.strictObject({ key: sha256Schema, step: z.int().min(0) });
export type CheckpointOf = z.infer<typeof checkpointOfSchema>;

export const plannedStageSchema = z.strictObject({
  name: nameSchema,
  capability: z.string(),
  key: sha256Schema,
  /** Key of the stage whose weights it starts from; null = from scratch. */
  parent: sha256Schema.nullable(),
  model: z.strictObject({ name: z.string(), sha256: sha256Schema }),
  trainer: z.strictObject({ name: z.string(), version: z.string() }),
  verifier: z.strictObject({ name: z.string(), version: z.int() }).nullable(),
  seed: z.int(),
  objective: plannedObjectiveSchema,
  data: plannedDataSchema,
  order: orderSchema,
  /** Of orders by difficulty; absent in plans before version 0.2, which restart. */
  order_per_epoch: orderPerEpochSchema.optional(),
  /** The trainer's own keys. */
  native: nativeSchema.optional(),
  execution: executionSchema,
  checkpoints: checkpointsSchema,
  /** Absent in plans of version 0.1. */
  gates: z.array(gateSchema).optional(),
  /** An amended stage goes on from a checkpoint of the one that it supersedes: weights, optimizer, data position, step count. */
  continues: checkpointOfSchema.optional(),
});
export type PlannedStage = z.infer<typeof plannedStageSchema>;

export const plannedEvaluationSchema = z.strictObject({
  /** Name and key of the stage whose weights answer. */
  stage: nameSchema,
  weights: sha256Schema,
  key: sha256Schema,
  data: plannedDataSchema,
  model: z.strictObject({ name: z.string(), sha256: sha256Schema }),
  shard_rows: z.int().min(1),
  threads: z.int().min(1),
  /** Absent in plans of version 0.1. */
  verifier: z.strictObject({ name: z.string(), version: z.int() }).optional(),
});
export type PlannedEvaluation = z.infer<typeof plannedEvaluationSchema>;

export const planSchema = z.strictObject({
  schema: z.literal('stagewright/plan@1'),
  recipe: nameSchema,
  seed: z.int(),
  /** sha256 over the plan without this field: what `run` compares. */
  hash: sha256Schema,
  stages: z.array(plannedStageSchema).min(1),
  evaluations: z.array(plannedEvaluationSchema),
});
export type Plan = z.infer<typeof planSchema>;

/** @throws StagewrightError UnknownName for a model or trainer that is not installed. */
export function planRecipe(recipe: Recipe, facts: PlanFacts): Plan {
  const stages: PlannedStage[] = [];
  for (const name of curriculumOf(recipe)) {
    const stage = recipe.stages.find((s) => s.name === name);
    if (stage === undefined) throw new StagewrightError('UnknownName', `recipe ${recipe.name}: no stage "${name}"`);
    stages.push(planStage(recipe, stage, stages, facts));
  }
  const evaluations = recipe.evaluation === undefined ? [] : planEvaluations(recipe, stages, facts);
  return sealPlan({ schema: 'stagewright/plan@1', recipe: recipe.name, seed: recipe.seed, stages, evaluations });
}

/** The plan with its hash. */
export function sealPlan(body: Omit<Plan, 'hash'>): Plan {
  return { ...body, hash: derivationKey(body) };
}

/** The stage with its key. */
export function sealStage(stage: Omit<PlannedStage, 'key'>): PlannedStage {
  return { ...stage, key: derivationKey(stageKeyMaterial(stage)) };
}

/** Of the weights of a checkpoint that was handed over before its stage was done: the key under which they are exported. */
export function checkpointWeightsKey({ key, step }: CheckpointOf): string {
  return derivationKey({ key_schema: KEY_SCHEMA, weights_of: key, step });
}

/** What a stage's key hashes. Names, execution and checkpoint habits are left out on purpose. */
export function stageKeyMaterial(stage: Omit<PlannedStage, 'key'>): Record<string, unknown> {
  return {
    key_schema: KEY_SCHEMA,
    parent: stage.parent,
    model: stage.model.sha256,
    data: stage.data.key,
    order: stage.order,
    ...(stage.order_per_epoch === undefined ? {} : { order_per_epoch: stage.order_per_epoch }),
    objective: { kind: stage.objective.kind, training: withoutLaterDefaults(stage.objective.training) },
    trainer: stage.trainer,
    ...(stage.native === undefined ? {} : { native: stage.native }),
    verifier: stage.verifier,
    seed: stage.seed,
    ...(stage.continues === undefined ? {} : { continues: stage.continues }),
  };
}

function planStage(recipe: Recipe, stage: Stage, before: readonly PlannedStage[], facts: PlanFacts): PlannedStage {
  const trainer = planTrainer(stage.trainer ?? recipe.trainer, facts, `stage ${stage.name}`);
  const model = { name: recipe.model, sha256: pick(facts.models, recipe.model, 'model', `recipe ${recipe.name}`) };
  const from = stage.from ?? (before.length === 0 ? 'scratch' : 'previous');
  const parent =
    from === 'scratch' ? undefined : from === 'previous' ? before.at(-1) : before.find((s) => s.name === from);
  const material = {
    name: stage.name,
    capability: stage.capability,
    parent: parent?.key ?? null,
    model,
    trainer,
    verifier:
      stage.objective === 'rlvr' ? planVerifier(stage.verifier ?? recipe.verifier, facts, `stage ${stage.name}`) : null,
    seed: stage.seed ?? recipe.seed,
    objective:
      stage.objective === 'sft'
        ? { kind: 'sft' as const, training: stage.training }
        : { kind: 'rlvr' as const, training: stage.training },
    data: planData(recipe, stage.data, { facts, before }),
    order: stage.order,
    ...orderPerEpoch(stage.order, stage.order_per_epoch),
    ...(stage.native === undefined ? {} : { native: stage.native }),
    execution: stage.execution,
    checkpoints: stage.checkpoints,
    gates: stage.gates,
  };
  return sealStage(material);
}

/** `name`, or `name@version` for one of several that a backend can drive. */
function planTrainer(asked: string, facts: PlanFacts, where: string): PlannedStage['trainer'] {
  const [name = '', version] = asked.split('@', 2);
  const installed = pick(facts.trainers, name, 'trainer', where);
  const known = versionsOf(installed);
  if (version === undefined) return { name, version: installed.version };
  if (known.includes(version)) return { name, version };
  throw new StagewrightError(
    'UnknownName',
    `${where}: trainer ${name} has no version "${version}"; ${hint(version, known)}`,
  );
}

function planEvaluations(recipe: Recipe, stages: readonly PlannedStage[], facts: PlanFacts): PlannedEvaluation[] {
  const { evaluation } = recipe;
  if (evaluation === undefined) return [];
  const verifier = planVerifier(evaluation.verifier ?? recipe.verifier, facts, 'evaluation');
  const chosen = evaluation.after === 'each' ? stages : stages.slice(-1);
  return chosen.flatMap((stage) =>
    evaluation.data.map((name) => {
      const data = planData(recipe, name, { facts, before: stages });
      const { shard_rows } = evaluation;
      return sealEvaluation({
        stage: stage.name,
        weights: stage.key,
        data,
        model: stage.model,
        shard_rows,
        threads: stage.execution.threads,
        verifier,
      });
    }),
  );
}

type Unsealed = Omit<PlannedEvaluation, 'key' | 'verifier'> & Required<Pick<PlannedEvaluation, 'verifier'>>;

/** The evaluation with its key. */
export function sealEvaluation(evaluation: Unsealed): PlannedEvaluation {
  const { weights, data, verifier } = evaluation;
  const key = derivationKey({ key_schema: KEY_SCHEMA, weights, data: data.key, verifier, temperature: 0 });
  return { ...evaluation, key };
}
