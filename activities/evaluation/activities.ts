/**
 * Evaluation: greedy answers of exported weights, graded by the planned verifier. Each shard is one file, written whole, so that a
 * lost worker costs one shard at most; the summary is counted from the files.
 */
import { canonicalJson } from '../../core/canonical-json.js';
import type { StageResult } from '../../core/checkpoint.js';
import { DIGITS_VERIFIER, readsOf } from '../../core/digits/grade.js';
import { END } from '../../core/digits/vocabulary.js';
import { evaluationSummarySchema, gradedAnswerSchema, type GradedAnswer } from '../../core/evaluation.js';
import { StagewrightError } from '../../core/failures.js';
import type { PlannedEvaluation } from '../../core/plan.js';
import { tallyAnswers } from '../../core/tally.js';
import { checkGoldsFor } from '../../core/verify/check-golds.js';
import { rowGrader } from '../../core/verify/row-grader.js';
import { EVALUATION_SUMMARY, layout } from '../../store/layout.js';
import { modelFolder } from '../../store/models.js';
import { loadRows, type LoadedRow } from '../../store/rows.js';
import type { Store } from '../../store/store.js';
import { exportedWeights } from '../../store/weights.js';
import { answerRows } from '../../trainers/onnx/answer.js';
import type { EvaluationActivities, Shard } from '../contracts.js';
import { readDataRecord } from '../data/data-record.js';
import { guarded } from '../support/failures.js';
import { measureGate } from './measure-gate.js';
import { withHeartbeat } from '../support/heartbeat.js';

const BATCH_ROWS = 256;

export function createEvaluationActivities(store: Store): EvaluationActivities {
  return guarded<EvaluationActivities>({
    planShards: (evaluation) => withHeartbeat(() => planShards(store, evaluation)),
    answerShard: (input) => withHeartbeat(() => answerShard(store, input.evaluation, input.result, input.shard)),
    measureGate: (input) => withHeartbeat(() => measureGate(store, input)),
    summarise: (input) => withHeartbeat(() => summarise(store, input.evaluation, input.result, input.shards)),
  });
}

const shardKey = (key: string, index: number): string =>
  `${layout.evaluation(key)}/answers-${String(index).padStart(5, '0')}.jsonl`;

async function planShards(store: Store, evaluation: PlannedEvaluation): Promise<{ done: boolean; shards: Shard[] }> {
  const summary = await store.readEvaluation(evaluation.key, EVALUATION_SUMMARY, evaluationSummarySchema);
  if (summary !== null) return { done: true, shards: [] };
  const data = await readDataRecord(store, evaluation.data.key);
  if (data === null) return { done: false, shards: [] };
  if (evaluation.verifier !== undefined && evaluation.verifier.name !== DIGITS_VERIFIER.name) {
    const folder = await store.findData(evaluation.data.key);
    if (folder === null) return { done: false, shards: [] };
    checkGoldsFor(evaluation.data.name, await loadRows(folder), evaluation.verifier.name);
  }
  const { shard_rows: rows } = evaluation;
  const shards = Array.from({ length: Math.ceil(data.rows / rows) }, (_, index) => ({
    index,
    from: index * rows,
    to: Math.min((index + 1) * rows, data.rows),
  }));
  return { done: false, shards };
}

async function answerShard(
  store: Store,
  evaluation: PlannedEvaluation,
  result: StageResult,
  shard: Shard,
): Promise<void> {
  const target = shardKey(evaluation.key, shard.index);
  if ((await store.objects.get(target)) !== null) return;
  const folder = await store.findData(evaluation.data.key);
  if (folder === null) throw new StagewrightError('Internal', `data set ${evaluation.data.name} is not in the store`);
  const rows = (await loadRows(folder)).slice(shard.from, shard.to);
  const weights = exportedWeights(store, result);
  const grader = rowGrader(evaluation.verifier ?? DIGITS_VERIFIER);
  const lines: string[] = [];
  const answers = answerRows({
    modelFolder: await modelFolder(evaluation.model),
    modelSha256: evaluation.model.sha256,
    weightsFile: weights.file,
    weightsSha256: weights.sha256,
    rows,
    batch: BATCH_ROWS,
    threads: evaluation.threads,
    temperature: 0,
  });
  for await (const { words } of answers) {
    const { row } = rows[lines.length] as LoadedRow;
    const { result, ...grade } = grader(row, words);
    const answer: GradedAnswer = {
      id: row.id,
      capability: row.capability,
      kind: row.kind,
      response: words.filter((word) => word !== END).join(' '),
      gold: row.answer,
      answer: grade.answer,
      correct: result.verdict === 'correct',
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      format: grade.format,
      tokens: words.length,
      reads: readsOf(row, grade.trace),
    };
    lines.push(canonicalJson(answer));
  }
  await store.objects.putExclusive(target, `${lines.join('\n')}\n`);
}

async function summarise(
  store: Store,
  evaluation: PlannedEvaluation,
  result: StageResult,
  shards: number,
): Promise<void> {
  const answers: GradedAnswer[] = [];
  for (let index = 0; index < shards; index++) {
    const file = shardKey(evaluation.key, index);
    const text = (await store.objects.get(file))?.toString('utf8');
    if (text === undefined) throw new StagewrightError('Internal', `${file} is not in the store`);
    for (const [i, line] of text.trimEnd().split('\n').entries()) {
      const parsed = gradedAnswerSchema.safeParse(JSON.parse(line));
      if (!parsed.success) throw new StagewrightError('Internal', `${file}:${i + 1} is no graded answer`);
      answers.push(parsed.data);
    }
  }
  const { key, weights, data } = evaluation;
  const summary = tallyAnswers(
    { key, weights, weights_sha256: exportedWeights(store, result).sha256, data: data.key },
    answers,
  );
  await store.commitEvaluation(key, EVALUATION_SUMMARY, summary);
}
