/**
 * What one seed's store says of the funnel: the fate of every caption, and what the base and the stage trained on what survived get
 * right of it, beside as many questions drawn at random. Runs no recipe.
 */
import { readAnswers } from '../cli/report/results.js';
import type { FunnelRow } from '../cli/pages/funnel-table.js';
import { FUNNEL_FILE, funnelSchema, REFUSED_FILE, refusedSchema, type Refused } from '../core/data/record.js';
import { gradeResponse } from '../core/digits/grade.js';
import { generatorFor, shuffled } from '../core/digits/random.js';
import type { GradedAnswer } from '../core/evaluation.js';
import type { Plan, PlannedData, PlannedStage } from '../core/plan.js';
import { layout } from '../store/layout.js';
import { modelFolder } from '../store/models.js';
import { readRecord } from '../store/records.js';
import { loadRows, type LoadedRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import { exportedWeights } from '../store/weights.js';
import { answerRows } from '../trainers/onnx/answer.js';

/** @throws Error naming what is not in the store, or not in the recipe */
export async function funnelRow(store: Store, plan: Plan): Promise<FunnelRow> {
  const [base, perception] = [stageOf(plan, 'base'), stageOf(plan, 'perception')];
  const rated = perception.data;
  const unseen = there(rated.inputs?.[0]?.parts?.[0], 'filtered set');
  const questions = there(unseen.inputs?.[0], 'questions');
  const [asked, filtered] = [await funnelOf(store, questions), await funnelOf(store, unseen)];
  const dropped = (words: string): number =>
    filtered.reasons.filter(({ reason }) => reason.startsWith(words)).reduce((sum, one) => sum + one.rows, 0);
  // Rows of a union carry their part's number: 0 is what came through the filter, 1 what never went into it.
  const fates = (await refusedOf(store, rated)).filter(({ id }) => id.startsWith('0/'));
  const fate = (words: string): number => fates.filter(({ reason }) => reason.startsWith(words)).length;
  const trained = (await rowsOf(store, rated)).map(({ row }) => row.id);
  const survived = await rowsOf(store, unseen);
  const drawn = shuffled(generatorFor('funnel-sample', plan.seed), await rowsOf(store, questions));
  const measured = async (rows: readonly LoadedRow[]): Promise<FunnelRow['random']> => ({
    n: rows.length,
    before: await accuracy(store, base, rows),
    after: await accuracy(store, perception, rows),
  });
  const heldout = new Map<string, GradedAnswer[]>();
  for (const { stage, key, data } of plan.evaluations)
    if (data.name === 'heldout') heldout.set(stage, await readAnswers(store, key));
  const answers = (stage: string): GradedAnswer[] => there(heldout.get(stage), `evaluation of ${stage}`);
  const missed = (stage: string): Set<string> =>
    new Set(answers(stage).flatMap((one) => (one.capability === 'perception' && !one.correct ? [one.id] : [])));
  const [byBase, byWitness] = [missed('base'), missed('witness')];
  const missedByBoth = (stage: string): GradedAnswer[] =>
    answers(stage).filter(({ id }) => byBase.has(id) && byWitness.has(id));
  const capabilities = (stage: string): FunnelRow['heldout']['base'] => {
    const right = (name: string): number => shareRight(answers(stage).filter(({ capability }) => capability === name));
    return {
      perception: right('perception'),
      textual: right('textual_reasoning'),
      visual: right('visual_reasoning'),
    };
  };
  return {
    seed: plan.seed,
    captions: asked.rows.in,
    questions: asked.rows.kept,
    unknown: filtered.rows.unknown,
    seen: dropped('the image alone'),
    not_from_caption: dropped('not answered from the caption'),
    kept: filtered.rows.kept,
    saturated: fate('too easy'),
    hopeless: fate('too hard'),
    unrated: fates.filter(({ outcome }) => outcome === 'unknown').length,
    trained: trained.filter((id) => id.startsWith('0/')).length,
    trained_unfiltered: trained.filter((id) => id.startsWith('1/')).length,
    survivors: await measured(survived),
    random: await measured(drawn.slice(0, survived.length)),
    heldout_unseen: {
      n: missedByBoth('base').length,
      before: shareRight(missedByBoth('base')),
      after: shareRight(missedByBoth('perception')),
    },
    heldout: {
      base: capabilities('base'),
      perception: capabilities('perception'),
      visual: capabilities('visual'),
    },
  };
}

function there<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the recipe has no ${what} before perception`);
  return found;
}

function stageOf(plan: Plan, name: string): PlannedStage {
  return there(
    plan.stages.find((stage) => stage.name === name),
    `stage ${name}`,
  );
}

async function funnelOf(
  { objects }: Store,
  { key, name }: PlannedData,
): Promise<ReturnType<typeof funnelSchema.parse>> {
  const found = await readRecord(objects, `${layout.data(key)}/${FUNNEL_FILE}`, funnelSchema);
  if (found === null) throw new Error(`data set ${name} has no ${FUNNEL_FILE} in the store`);
  return found;
}

async function refusedOf({ objects }: Store, { key }: PlannedData): Promise<Refused[]> {
  const text = (await objects.get(`${layout.data(key)}/${REFUSED_FILE}`))?.toString('utf8') ?? '';
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => refusedSchema.parse(JSON.parse(line)));
}

async function rowsOf(store: Store, { key, name }: PlannedData): Promise<LoadedRow[]> {
  const folder = await store.findData(key);
  if (folder === null) throw new Error(`data set ${name} is not in the store`);
  return loadRows(folder);
}

/** Of greedy answers. */
async function accuracy(store: Store, stage: PlannedStage, rows: readonly LoadedRow[]): Promise<number> {
  const result = await store.readResult(stage.key);
  if (result === null) throw new Error(`stage ${stage.name} has no result in the store`);
  const weights = exportedWeights(store, result);
  const answers = answerRows({
    modelFolder: await modelFolder(stage.model),
    modelSha256: stage.model.sha256,
    weightsFile: weights.file,
    weightsSha256: weights.sha256,
    rows,
    batch: 256,
    threads: 1,
    temperature: 0,
  });
  const grades: { readonly correct: boolean }[] = [];
  for await (const { words } of answers) grades.push(gradeResponse(there(rows[grades.length], 'row').row, words));
  return shareRight(grades);
}

function shareRight(answers: readonly { readonly correct: boolean }[]): number {
  const right = answers.filter(({ correct }) => correct).length;
  return answers.length === 0 ? 0 : Math.round((1e4 * right) / answers.length) / 1e4;
}
