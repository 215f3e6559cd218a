/**
 * What the store holds of a plan and of what became of it: attempts, results, metrics, evaluations. Reading only; what is not
 * there yet is null or empty.
 */
import { z } from 'zod';
import type { EpochClaim, EpochEnd, StageResult } from '../../core/checkpoint.js';
import {
  evaluationSummarySchema,
  gradedAnswerSchema,
  type EvaluationSummary,
  type GradedAnswer,
} from '../../core/evaluation.js';
import type { MetricsLine } from '../../core/metrics.js';
import { checkpointWeightsKey, type Plan, type PlannedEvaluation, type PlannedStage } from '../../core/plan.js';
import { rowSchema, type Row } from '../../core/row.js';
import { listEpochFolders } from '../../store/claims.js';
import { EVALUATION_SUMMARY, layout } from '../../store/layout.js';
import { parseRecord, readRecord } from '../../store/records.js';
import { ROWS_FILE } from '../../store/rows.js';
import type { Store } from '../../store/store.js';
import { readMetricsOf, readTrainingLog } from '../../store/training-log.js';
import { followPlan, recordSchema, type NamedMaterial, type Stored } from './follow-plan.js';
import { originOf, type Origin } from './origin.js';
import { countedLines, splitAttempts, type Split } from './tails.js';

/** One epoch: a launch of the stage. */
export interface Attempt {
  readonly claim: EpochClaim;
  /** Null while it runs, or when nobody saw it end. */
  readonly end: EpochEnd | null;
  readonly lines: readonly MetricsLine[];
  /** Steps of the checkpoints that are still there, rising. */
  readonly checkpoints: readonly number[];
}
export interface StageResults {
  readonly stage: PlannedStage;
  readonly result: StageResult | null;
  /** By epoch, rising. */
  readonly attempts: readonly Attempt[];
  readonly origin: Origin;
  /** What went on from one of its checkpoints before it was done; null for a stage that goes its whole way. */
  readonly left: { readonly how: 'superseded' | 'skipped'; readonly step: number } | null;
  /** As the attempts; what counts of each and what was overtaken. */
  readonly splits: readonly Split[];
  /** One line a step, of what counts in this stage itself. */
  readonly metrics: readonly MetricsLine[];
  /** The same across the stages that it continues: what a gate measures. */
  readonly log: readonly MetricsLine[];
  readonly evaluations: readonly {
    readonly evaluation: PlannedEvaluation;
    readonly summary: EvaluationSummary | null;
  }[];
}
export interface RecipeResults {
  /** As it was asked for, and as it holds now: the same while nobody changed the run. */
  readonly asked: Plan;
  readonly plan: Plan;
  /** The recipe as it stands in its file. */
  readonly text: string;
  /** The plan's stages in order, each after the ones that it superseded. */
  readonly stages: readonly StageResults[];
}

/** @param told plans one after another, where a server's history tells them. @throws StagewrightError naming what cannot be read */
export async function readResults(
  store: Store,
  asked: Plan,
  text: string,
  told: readonly Plan[] = [],
): Promise<RecipeResults> {
  const stored = await readStored(store);
  const known = told.length > 0 ? told : [asked];
  const plans = [...known.slice(0, -1), ...followPlan(known.at(-1) ?? asked, stored)];
  const plan = plans.at(-1) ?? asked;
  const all = plan.stages.flatMap((stage) => [...supersededBy(stage, plans, stored), stage]);
  const stages = await Promise.all(all.map((stage) => readStage(store, plan, stage, all, stored)));
  return { asked, plan, text, stages };
}

export async function readAnswers({ objects }: Store, evaluationKey: string): Promise<GradedAnswer[]> {
  const folder = layout.evaluation(evaluationKey);
  const files = (await objects.list(folder)).filter((name) => /^answers-.*\.jsonl$/u.test(name));
  const read = (name: string): Promise<GradedAnswer[]> => readLines(objects, `${folder}/${name}`, gradedAnswerSchema);
  return (await Promise.all(files.map(read))).flat();
}

export function readRows({ objects }: Store, dataKey: string): Promise<Row[]> {
  return readLines(objects, `${layout.data(dataKey)}/${ROWS_FILE}`, rowSchema);
}

/** Stages of earlier plans in the place of this one that were begun. */
function supersededBy(stage: PlannedStage, plans: readonly Plan[], { stages }: Stored): PlannedStage[] {
  const before = plans.flatMap((plan) => plan.stages.filter((s) => s.name === stage.name && s.key !== stage.key));
  return [...new Map(before.map((s) => [s.key, s])).values()].filter((s) => stages.has(s.key));
}

async function readStage(
  store: Store,
  plan: Plan,
  stage: PlannedStage,
  all: readonly PlannedStage[],
  stored: Stored,
): Promise<StageResults> {
  const { key } = stage;
  const epochs = (await listEpochFolders(store.objects, key)).sort((a, b) => a - b);
  const found = await Promise.all(epochs.map((epoch) => readAttempt(store, key, epoch)));
  const attempts = found.filter((attempt) => attempt !== null);
  const result = await store.readResult(key);
  const isPlanned = plan.stages.some((s) => s.key === key);
  const evaluations = await Promise.all(
    plan.evaluations
      .filter((e) => isPlanned && e.stage === stage.name)
      .map(async (evaluation) => {
        const file = `${layout.evaluation(evaluation.key)}/${EVALUATION_SUMMARY}`;
        return { evaluation, summary: await readRecord(store.objects, file, evaluationSummarySchema) };
      }),
  );
  const left = result === null ? leftAt(stage, all, stored) : null;
  const splits = splitAttempts(attempts, left?.step);
  const log = await readTrainingLog(store, key, stage.continues ?? null);
  const origin = originOf(stage, all, stored.exported);
  return { stage, result, attempts, origin, left, splits, metrics: countedLines(splits), log, evaluations };
}

/** Whether another stage goes on from a checkpoint of this one; also one that goes on from where a later one was rolled back to. */
function leftAt(stage: PlannedStage, all: readonly PlannedStage[], stored: Stored): StageResults['left'] {
  const weights = new Map(
    (stored.exported.get(stage.key) ?? []).map((step) => [checkpointWeightsKey({ key: stage.key, step }), step]),
  );
  for (const other of all) {
    if (other.continues?.key === stage.key) {
      const later = leftAt(other, all, stored);
      return { how: 'superseded', step: Math.min(other.continues.step, later?.step ?? Infinity) };
    }
    const step = other.parent === null ? undefined : weights.get(other.parent);
    if (step !== undefined) return { how: other.name === stage.name ? 'superseded' : 'skipped', step };
  }
  return null;
}

/** Null for a folder that lacks its claim. */
async function readAttempt(store: Store, key: string, epoch: number): Promise<Attempt | null> {
  const claim = await store.readClaim(key, epoch);
  if (claim === null) return null;
  const [end, lines, checkpoints] = await Promise.all([
    store.readEnd(key, epoch),
    readMetricsOf(store, key, epoch),
    store.listManifests(key, epoch),
  ]);
  return { claim, end, lines, checkpoints: checkpoints.reverse() };
}

/** All stages of the store by what their keys hash: small files. */
async function readStored(store: Store): Promise<Stored> {
  const stages = new Map<string, NamedMaterial>();
  const done = new Set<string>();
  const exported = new Map<string, number[]>();
  for (const key of await store.objects.list('stages')) {
    const record = await readRecord(store.objects, layout.keyMaterial(key), z.unknown());
    const parsed = recordSchema.safeParse(record);
    if (!parsed.success) continue;
    const { name, material } = parsed.data;
    if ('weights_of' in material) {
      const { weights_of, step } = material;
      exported.set(weights_of, [...(exported.get(weights_of) ?? []), step]);
    } else {
      stages.set(key, { ...material, name });
      if ((await store.readResult(key)) !== null) done.add(key);
    }
  }
  return { stages, done, exported };
}

async function readLines<T>(objects: Store['objects'], key: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = (await objects.get(key))?.toString('utf8') ?? '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => parseRecord(line, `${objects.path(key)}:${i + 1}`, schema));
}
