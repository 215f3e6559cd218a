/**
 * Changing settings of a planned stage: which may change, and what that means for its identity. Pure; keys are made anew by whoever
 * plans again (plan-again.ts), never here.
 */
import { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { StagewrightError } from './failures.js';
import { gateSchema } from './gate.js';
import { hint } from './nearest-name.js';
import { orderPerEpoch, orderSchema } from './order.js';
import { stageKeyMaterial, type PlannedStage } from './plan.js';
import { checkpointsSchema, executionSchema } from './recipe.js';
import { findSecret } from './secrets.js';
import { rlvrTrainingSchema, sftTrainingSchema } from './training.js';

/** Dotted settings to their new values, e.g. `{"training.learning_rate": 0.0001}`. */
export const settingsSchema = z.record(z.string(), z.json());
export type SettingChanges = z.infer<typeof settingsSchema>;

/** Changing these leaves no data position to go on from: only the weights can be taken over. */
const BREAKS_POSITION = ['training.batch_size', 'order', 'seed'];

interface Settings {
  readonly training: Record<string, unknown>;
  readonly execution: Record<string, unknown>;
  readonly checkpoints: Record<string, unknown>;
  readonly gates: unknown;
  readonly order: unknown;
  readonly seed: unknown;
}

/** Names of all settings of a stage that may be changed, dotted. */
export function amendableSettings(stage: PlannedStage): string[] {
  const settings = settingsOf(stage);
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && name !== 'order'
      ? Object.keys(value as object).map((inner) => `${name}.${inner}`)
      : [name],
  );
}

/**
 * The stage with other settings, under its old key.
 * @param only a part of the settings, e.g. `execution`: others are refused
 * @throws StagewrightError UnknownName, RecipeInvalid (wrong value, a secret, a setting outside `only`)
 */
export function amendStage(stage: PlannedStage, set: SettingChanges, only?: 'execution'): PlannedStage {
  const secret = findSecret(set);
  if (secret !== null)
    throw new StagewrightError(
      'RecipeInvalid',
      `setting "${secret}" looks like a secret; secrets belong to the worker's environment and never enter a run's history`,
    );
  const known = amendableSettings(stage);
  const settings = structured(settingsOf(stage));
  for (const [path, value] of Object.entries(set)) {
    if (!known.includes(path))
      throw new StagewrightError('UnknownName', `stage ${stage.name} has no setting "${path}"; ${hint(path, known)}`);
    const [section = '', field] = path.split('.');
    if (only !== undefined && section !== only)
      throw new StagewrightError('RecipeInvalid', `"${path}" is no ${only} setting; use amend to change it`);
    if (field === undefined) settings[section] = value;
    else (settings[section] as Record<string, unknown>)[field] = value;
  }
  const schema = z.strictObject({
    training: stage.objective.kind === 'sft' ? sftTrainingSchema : rlvrTrainingSchema,
    execution: executionSchema,
    checkpoints: checkpointsSchema,
    gates: z.array(gateSchema),
    order: orderSchema,
    seed: z.int().min(0),
  });
  const parsed = schema.safeParse(settings);
  if (!parsed.success)
    throw new StagewrightError(
      'RecipeInvalid',
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  const { training, ...rest } = parsed.data;
  const { order_per_epoch: before, ...kept } = stage;
  // Going on from a checkpoint of an older plan keeps its way over the passes; another order is planned as now.
  const perEpoch =
    canonicalJson(rest.order) !== canonicalJson(stage.order)
      ? orderPerEpoch(rest.order, before)
      : before === undefined
        ? {}
        : { order_per_epoch: before };
  // The schema was chosen by the kind; the compiler cannot follow.
  return { ...kept, ...rest, ...perEpoch, objective: { ...stage.objective, training } as PlannedStage['objective'] };
}

/** Whether the two differ in what a key hashes. */
export function isOtherStage(before: PlannedStage, after: PlannedStage): boolean {
  return canonicalJson(stageKeyMaterial(before)) !== canonicalJson(stageKeyMaterial(after));
}

/** The settings among `set` that no optimizer state and data position can be carried over. */
export function positionBreakers(set: SettingChanges): string[] {
  return Object.keys(set).filter((path) => BREAKS_POSITION.includes(path));
}

function settingsOf({ objective, execution, checkpoints, gates, order, seed }: PlannedStage): Settings {
  return { training: { ...objective.training }, execution, checkpoints, gates: gates ?? [], order, seed };
}

function structured(settings: Settings): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
}
