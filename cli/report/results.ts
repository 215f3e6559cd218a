/** What the store holds of a plan: results, metrics, evaluations. Reading only; what is not there yet is null or empty. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { epochClaimSchema, stageResultSchema, type EpochClaim, type StageResult } from '../../core/checkpoint.js';
import {
  evaluationSummarySchema,
  gradedAnswerSchema,
  type EvaluationSummary,
  type GradedAnswer,
} from '../../core/evaluation.js';
import { StagewrightError } from '../../core/failures.js';
import { metricsLineSchema, type MetricsLine } from '../../core/metrics.js';
import type { Plan, PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import { rowSchema, type Row } from '../../core/row.js';

export interface StageResults {
  readonly stage: PlannedStage;
  readonly result: StageResult | null;
  /** Newest last. */
  readonly epochs: readonly EpochClaim[];
  /** One line a step, of the epochs that the result descends from. */
  readonly metrics: readonly MetricsLine[];
  readonly evaluations: readonly {
    readonly evaluation: PlannedEvaluation;
    readonly summary: EvaluationSummary | null;
  }[];
}
export interface RecipeResults {
  readonly plan: Plan;
  /** The recipe as it stands in its file. */
  readonly text: string;
  readonly stages: readonly StageResults[];
}

/** @throws StagewrightError Internal naming a stored file that breaks its schema. */
export async function readResults(store: string, plan: Plan, text: string): Promise<RecipeResults> {
  const stages = await Promise.all(plan.stages.map((stage) => readStage(store, plan, stage)));
  return { plan, text, stages };
}

export async function readAnswers(store: string, evaluationKey: string): Promise<GradedAnswer[]> {
  const folder = join(store, 'evaluations', evaluationKey);
  const files = (await list(folder)).filter((name) => /^answers-.*\.jsonl$/u.test(name)).sort();
  return (await Promise.all(files.map((name) => readLines(join(folder, name), gradedAnswerSchema)))).flat();
}

export function dataFolder(store: string, dataKey: string): string {
  return join(store, 'data', dataKey);
}

export function readRows(store: string, dataKey: string): Promise<Row[]> {
  return readLines(join(dataFolder(store, dataKey), 'rows.jsonl'), rowSchema);
}

async function readStage(store: string, plan: Plan, stage: PlannedStage): Promise<StageResults> {
  const folder = join(store, 'stages', stage.key, 'epochs');
  const numbers = (await list(folder))
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const epochs = (
    await Promise.all(numbers.map((n) => readJson(join(folder, String(n), 'claim.json'), epochClaimSchema)))
  ).filter((e) => e !== null);
  const last = epochs.at(-1);
  const result =
    last === undefined ? null : await readJson(join(folder, String(last.epoch), 'result.json'), stageResultSchema);
  const evaluations = await Promise.all(
    plan.evaluations
      .filter((e) => e.weights === stage.key)
      .map(async (evaluation) => ({
        evaluation,
        summary: await readJson(join(store, 'evaluations', evaluation.key, 'summary.json'), evaluationSummarySchema),
      })),
  );
  return { stage, result, epochs, metrics: await readMetrics(folder, epochs), evaluations };
}

/** The newest epoch's steps, before them those of the epoch that it resumed from up to that step, and so on. */
async function readMetrics(folder: string, epochs: readonly EpochClaim[]): Promise<MetricsLine[]> {
  const lines: MetricsLine[] = [];
  let upTo = Infinity;
  for (let claim = epochs.at(-1); claim !== undefined;) {
    const from = claim.resume_from;
    const mine = await readLines(join(folder, String(claim.epoch), 'metrics.jsonl'), metricsLineSchema);
    lines.push(...mine.filter((line) => line.step <= upTo && line.step > (from?.step ?? 0)));
    upTo = from?.step ?? 0;
    claim = from === null ? undefined : epochs.find((e) => e.epoch === from.epoch);
  }
  return lines.sort((a, b) => a.step - b.step);
}

async function list(folder: string): Promise<string[]> {
  return (await orNull(readdir(folder))) ?? [];
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await orNull(readFile(file, 'utf8'));
  return text === null ? null : parse(text, schema, file);
}

/** A last line without its newline is still being written: left out. */
async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = (await orNull(readFile(file, 'utf8'))) ?? '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => parse(line, schema, `${file}:${i + 1}`));
}

function parse<T>(text: string, schema: z.ZodType<T>, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new StagewrightError('Internal', `${where} is no JSON`, {}, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StagewrightError('Internal', `${where}: ${z.prettifyError(parsed.error)}`);
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
