/** `plan`: a recipe's file, or one of its variants, as what would run, what it takes, and what stands in the way. Starts nothing. */
import { evaluationSummarySchema } from '../../core/evaluation.js';
import { StagewrightError } from '../../core/failures.js';
import { describeGate, type Gate } from '../../core/gate.js';
import { curriculumId } from '../../core/ids.js';
import { hint } from '../../core/nearest-name.js';
import type { PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import type { PlanView, StageView, VariantsView } from '../../core/plan-view.js';
import type { Backend } from '../../runner/backends/backend.js';
import { listBackends } from '../../runner/backends/registry.js';
import { readTrainerProfiles, type TrainerProfiles } from '../../runner/trainer-profiles.js';
import { EVALUATION_SUMMARY } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { blockedWords, whyStageBlocked } from './blocked.js';
import { renderCommand, type Places } from './command.js';
import { knownRows, viewDerived } from './derived.js';
import { diskNeed, keptCheckpoints, whyNoDisk } from './disk.js';
import { draftPlans, type Draft } from './planned.js';
import { readRowFacts } from './row-facts.js';
import { freeBytes, openExisting, progressOf, readSpeeds, type Speeds } from './store-facts.js';

export interface ViewOptions {
  readonly variant?: string | undefined;
  /** Stands in place of the recipe's own. */
  readonly seed?: number | undefined;
  readonly places: Places;
}

/** @throws StagewrightError RecipeInvalid, UnknownName, or what keeps the store from being read */
export async function viewPlan(file: string, { variant, seed, places }: ViewOptions): Promise<PlanView> {
  const drafts = await draftPlans(file, seed);
  const chosen = drafts.find((draft) => draft.variant === (variant ?? null));
  if (chosen === undefined) {
    const known = drafts.flatMap((draft) => draft.variant ?? []);
    const unknown = `${file} has no variant "${variant ?? ''}"; ${hint(variant ?? '', known)}`;
    throw new StagewrightError('UnknownName', unknown, { known });
  }
  return describe(chosen, await surroundings(drafts, places));
}

/** The recipe and all its variants, and what they cost together. */
export async function viewVariants(
  file: string,
  { seed, places }: Omit<ViewOptions, 'variant'>,
): Promise<VariantsView> {
  const drafts = await draftPlans(file, seed);
  const around = await surroundings(drafts, places);
  const plans: PlanView[] = [];
  for (const draft of drafts) plans.push(await describe(draft, around));
  const distinct = new Map(plans.flatMap(({ stages }) => stages.map((stage) => [identityOf(stage), stage] as const)));
  const stages = [...distinct.values()];
  const open = stages.filter((stage) => stage.state !== 'done');
  return {
    schema: 'stagewright/variants-view@1',
    plans,
    distinct: {
      stages: stages.length,
      done: stages.length - open.length,
      blocked: open.filter((stage) => stage.blocked !== null).length,
      steps: open.reduce((sum, stage) => sum + stage.steps - stage.step, 0),
      bytes: sumOf(open.map((stage) => stage.checkpoints.bytes)),
      hours: sumOf(open.map((stage) => stage.hours)),
      cost: sumOf(open.map((stage) => stage.cost)),
    },
  };
}

/** Stages whose keys are unknown are nobody else's. */
function identityOf({ key, name, trainer }: StageView): string {
  return key ?? `${name} of ${trainer}`;
}

interface Surroundings {
  readonly places: Places;
  readonly store: Store | null;
  readonly free: number;
  readonly speeds: Speeds;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly profiles: TrainerProfiles;
  /** Names of the recipe and its variants that have a stage, by its key. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
}

async function surroundings(drafts: readonly Draft[], places: Places): Promise<Surroundings> {
  const store = await openExisting(places.store);
  const holders = new Map<string, string[]>();
  for (const { plan, keyOf } of drafts)
    for (const stage of plan.stages) {
      const key = keyOf(stage);
      if (key !== null) holders.set(key, [...(holders.get(key) ?? []), plan.recipe]);
    }
  return {
    places,
    store,
    free: await freeBytes(places.store),
    speeds: await readSpeeds(store),
    profiles: await readTrainerProfiles(places.trainers ?? null),
    backends: new Map((await listBackends()).map((backend) => [backend.name, backend])),
    holders,
  };
}

async function describe(draft: Draft, around: Surroundings): Promise<PlanView> {
  const { plan, recipe, variant, keyOf } = draft;
  const stages: StageView[] = [];
  let { free } = around;
  let enough = true;
  for (const stage of plan.stages) {
    const { view, most, left } = await describeStage(stage, draft, around, free);
    stages.push(view);
    enough &&= most <= free;
    free -= left;
  }
  const known = plan.stages.every((stage) => keyOf(stage) !== null);
  const open = stages.filter((stage) => stage.state !== 'done');
  const blocked = open.find((stage) => stage.blocked !== null);
  return {
    schema: 'stagewright/plan-view@1',
    recipe: plan.recipe,
    variant,
    seed: plan.seed,
    plan_hash: known ? plan.hash : null,
    workflow_id: known ? curriculumId(plan.recipe, plan.hash) : null,
    store: { folder: around.places.store, exists: around.store !== null, free_bytes: around.free, enough },
    derived: await viewDerived(plan, around.store),
    stages,
    evaluations: await Promise.all(plan.evaluations.map((one) => describeEvaluation(one, draft, around.store))),
    totals: {
      steps: open.reduce((sum, stage) => sum + stage.steps - stage.step, 0),
      bytes: sumOf(open.map((stage) => stage.checkpoints.bytes)),
      hours: sumOf(open.map((stage) => stage.hours)),
      cost: recipe.prices === undefined ? null : sumOf(open.map((stage) => stage.cost)),
      currency: recipe.prices?.currency ?? null,
    },
    blocked: blocked === undefined ? null : blockedWords(blocked.name, blocked.blocked ?? ''),
  };
}

async function describeStage(
  stage: PlannedStage,
  { plan, recipe, absent, keyOf }: Draft,
  { places, store, speeds, backends, profiles, holders }: Surroundings,
  free: number,
): Promise<{ view: StageView; most: number; left: number }> {
  const key = keyOf(stage);
  const progress = await progressOf(key === null ? null : store, stage.key);
  const backend = backends.get(stage.trainer.name);
  const done = progress.state === 'done';
  const steps = stage.objective.training.steps;
  const step = progress.state === 'done' ? steps : progress.step;
  const need = backend === undefined ? null : await diskNeed(stage, backend);
  const blocked = done
    ? null
    : (absent.get(stage.name) ??
      (await whyStageBlocked(stage, plan, backend)) ??
      (need === null ? null : whyNoDisk(need, free, places.store)));
  const facts = await readRowFacts(stage.data);
  const parent = stage.parent === null ? null : await progressOf(store, stage.parent);
  const rendered =
    backend === undefined
      ? null
      : await renderCommand(stage, backend, places, { parent, profile: profiles.of(stage.trainer) });
  const seconds = done ? 0 : speeds(stage);
  const hours = seconds === null ? null : (seconds * (steps - step)) / 3600;
  const { gpus, class: hostClass, threads } = stage.execution;
  const { prices } = recipe;
  return {
    most: done ? 0 : (need?.most ?? 0),
    left: done ? 0 : (need?.left ?? 0),
    view: {
      name: stage.name,
      key,
      capability: stage.capability,
      objective: stage.objective.kind,
      from: plan.stages.find((other) => other.key === stage.parent)?.name ?? null,
      trainer: stage.trainer.name,
      state: progress.state,
      step,
      steps,
      shared_with: (holders.get(key ?? '') ?? []).filter((name) => name !== plan.recipe),
      data: { name: stage.data.name, key: stage.data.key, rows: await knownRows(stage.data, store) },
      order: stage.order,
      ...(stage.order_per_epoch === undefined ? {} : { order_per_epoch: stage.order_per_epoch }),
      passes: facts.known && facts.rows > 0 ? (steps * stage.objective.training.batch_size) / facts.rows : null,
      devices: { gpus, class: hostClass, threads },
      checkpoints: {
        save_every_steps: stage.checkpoints.save_every_steps,
        kept: need?.kept ?? keptCheckpoints(stage),
        bytes_each: need?.bytesEach ?? null,
        export_bytes: need?.exportBytes ?? null,
        bytes: need?.most ?? null,
      },
      gates: (stage.gates ?? []).map(gateWords),
      command: rendered?.command ?? null,
      overrides: rendered?.overrides ?? {},
      hours,
      cost: hours === null || prices === undefined ? null : hours * prices.device_hour * Math.max(1, gpus),
      blocked,
    },
  };
}

async function describeEvaluation(
  { stage, data, key }: PlannedEvaluation,
  { keyOf }: Draft,
  store: Store | null,
): Promise<PlanView['evaluations'][number]> {
  const known = keyOf({ name: stage }) !== null;
  return {
    stage,
    data: data.name,
    rows: await knownRows(data, store),
    key: known ? key : null,
    done: known && ((await store?.readEvaluation(key, EVALUATION_SUMMARY, evaluationSummarySchema)) ?? null) !== null,
  };
}

function gateWords(gate: Gate): string {
  if (gate.on === 'approval') return `a person approves: ${gate.question}`;
  const bounds = [
    ...(gate.min === undefined ? [] : [`at least ${gate.min}`]),
    ...(gate.max === undefined ? [] : [`at most ${gate.max}`]),
  ];
  return `${describeGate(gate)} ${bounds.join(' and ')}, else ${gate.on_failure}`;
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}
