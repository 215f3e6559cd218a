/** What a gate asks for, as the store holds it: a share of an evaluation's answers, or a mean over a stage's last steps. */
import { evaluationSummarySchema, type EvaluationSummary } from '../../core/evaluation.js';
import { StagewrightError } from '../../core/failures.js';
import { describeGate, type Measured, type MeasuredGate } from '../../core/gate.js';
import { hitsOf, meanOfLast, partOf } from '../../core/gate-measure.js';
import type { PlannedStage } from '../../core/plan.js';
import { EVALUATION_SUMMARY } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { readTrainingLog } from '../../store/training-log.js';
import type { EvaluationActivities } from '../contracts.js';

type Input = Parameters<EvaluationActivities['measureGate']>[0];

/** @throws StagewrightError GateUnmeasurable naming what is not there, and what is. */
export async function measureGate(store: Store, { gate, stage, evaluation, up_to }: Input): Promise<Measured> {
  if (gate.on === 'training') return measureTraining(store, gate, stage, up_to ?? Infinity);
  const summary =
    evaluation === null
      ? null
      : await store.readEvaluation(evaluation.key, EVALUATION_SUMMARY, evaluationSummarySchema);
  if (summary === null) throw unmeasurable(gate, stage, `stage ${stage.name} was not evaluated on ${gate.data}`);
  return measureSummary(summary, gate, stage);
}

function measureSummary(
  summary: EvaluationSummary,
  gate: Extract<MeasuredGate, { on: 'evaluation' }>,
  stage: PlannedStage,
): Measured {
  const part = partOf(summary, gate);
  if (part === undefined) {
    const what = gate.capability === undefined ? 'kind' : 'capability';
    const known = Object.keys(gate.capability === undefined ? summary.by_kind : summary.by_capability);
    throw unmeasurable(
      gate,
      stage,
      `it answered no question of ${what} ${gate.capability ?? gate.kind}; it has ${known.join(', ')}`,
    );
  }
  const right = hitsOf(gate, part);
  if (right === undefined) throw unmeasurable(gate, stage, 'format is not counted by capability');
  if (part.n === 0) throw unmeasurable(gate, stage, 'it answered no question');
  return { value: right / part.n, n: part.n };
}

async function measureTraining(
  store: Store,
  gate: Extract<MeasuredGate, { on: 'training' }>,
  stage: PlannedStage,
  upTo: number,
): Promise<Measured> {
  const log = await readTrainingLog(store, stage.key, stage.continues ?? null);
  const mean = meanOfLast(gate, log, upTo);
  if (mean === null) throw unmeasurable(gate, stage, `its log of ${log.length} steps has no ${gate.metric}`);
  return mean;
}

function unmeasurable(gate: MeasuredGate, stage: PlannedStage, why: string): StagewrightError {
  return new StagewrightError('GateUnmeasurable', `gate "${describeGate(gate)}" after stage ${stage.name}: ${why}`);
}
