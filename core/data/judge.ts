/**
 * What becomes of one row of a derived set, from what its models said: the rules of synthesis.ts, perception-filter.ts and
 * difficulty.ts put together, with the evidence that is kept. Pure, so that the same answers make the same set.
 */
import { assertNever } from '../assert-never.js';
import type { DerivedDerivation } from '../data-source.js';
import { UNKNOWN_REASONS, type Outcome, type UnknownReason } from '../generation.js';
import type { Row } from '../row.js';
import { difficultyVerdict, gradeSample, passRate, type GradedSample } from './difficulty.js';
import { describeJudgement, DROP_REASONS, judge, predictionOf, type Prediction } from './perception-filter.js';
import { modelsOf, modelWords, phasesOf } from './phases.js';
import type { EvidenceAnswer, RowOutcome } from './record.js';
import { describeRefusal, REPLY_REASONS } from './reply.js';
import { questionRow, readReply } from './synthesis.js';

/** One thing that was asked about a row, and what came of it. */
export interface Said {
  readonly asked: EvidenceAnswer['asked'];
  readonly outcome: Outcome;
}
/** By the name of the pass. */
export type SaidInPhases = ReadonlyMap<string, readonly Said[]>;

export type JudgedRow = { readonly answers: readonly EvidenceAnswer[] } & (
  | { readonly outcome: 'kept'; readonly row: Row }
  | { readonly outcome: Exclude<RowOutcome, 'kept'>; readonly reason: string; readonly detail: string }
);

type AskedDerivation = Exclude<DerivedDerivation, { generator: 'overlap' }>;

export function judgeRow(derivation: AskedDerivation, row: Row, said: SaidInPhases): JudgedRow & { correct?: number } {
  switch (derivation.generator) {
    case 'synthesis':
      return judgeQuestion(derivation, row, said.get('synthesis') ?? []);
    case 'filter':
      return judgeSeen(derivation, row, said);
    case 'difficulty':
      return judgeDifficulty(derivation, row, said.get('samples') ?? []);
    default:
      return assertNever(derivation);
  }
}

const NO_CAPTION = { outcome: 'refused', reason: 'the row has no caption', detail: '' } as const;

function judgeQuestion(
  derivation: Extract<DerivedDerivation, { generator: 'synthesis' }>,
  row: Row,
  said: readonly Said[],
): JudgedRow {
  const answers = said.map((one) => evidenceOf(one, 0, null, null));
  const last = said.at(-1);
  if (last === undefined) return { ...NO_CAPTION, detail: `row ${row.id}`, answers };
  if (last.outcome.kind === 'unknown') return { ...unknown(last.outcome.reason), answers };
  const { text, finish_reason } = last.outcome.answer;
  const reply = readReply(text, derivation.by, finish_reason === 'length');
  return reply.ok
    ? { outcome: 'kept', row: questionRow(row, reply.mcq, derivation), answers }
    : { outcome: 'refused', reason: REPLY_REASONS[reply.reason], detail: describeRefusal(reply), answers };
}

function judgeSeen(
  derivation: Extract<DerivedDerivation, { generator: 'filter' }>,
  row: Row,
  said: SaidInPhases,
): JudgedRow {
  const models = modelsOf(derivation);
  const predictions = phasesOf(derivation).flatMap(({ name, asked, model }) => {
    const identity = models[model];
    const [one] = said.get(name) ?? [];
    if (identity === undefined || (asked !== 'image' && asked !== 'caption')) return [];
    const words = modelWords(identity);
    // A model without a word is no reason to keep the row.
    const prediction: Prediction =
      one === undefined
        ? { model: words, sees: asked, unknown: 'absent' }
        : predictionOf(words, asked, one.outcome, row);
    return [{ one, model, prediction }];
  });
  const answers = predictions.flatMap(({ one, model, prediction }) => {
    if (one === undefined) return [];
    const letter = 'letter' in prediction ? prediction.letter : null;
    const why = 'unknown' in prediction && prediction.unknown !== 'absent' ? prediction.unknown : null;
    return evidenceOf(one, model, letter ?? '', letter === null ? null : letter === row.answer, why);
  });
  const verdict = judge(
    row.answer,
    predictions.map(({ prediction }) => prediction),
    derivation.mode,
  );
  const detail = describeJudgement(verdict);
  switch (verdict.verdict) {
    case 'kept':
      return { outcome: 'kept', row, answers };
    case 'dropped': {
      const [first] = verdict.reasons;
      return {
        outcome: 'dropped',
        reason: first === undefined ? detail : `${DROP_REASONS[first.reason]} ${first.model}`,
        detail,
        answers,
      };
    }
    case 'unknown': {
      const [first] = verdict.reasons;
      const reason = first === undefined || first.reason === 'absent' ? detail : UNKNOWN_REASONS[first.reason];
      return { outcome: 'unknown', reason, detail, answers };
    }
    default:
      return assertNever(verdict);
  }
}

const DIFFICULTY_REASONS = {
  saturated: 'too easy: its pass rate reaches the limit `saturated`',
  hopeless: 'too hard: its pass rate does not exceed the limit `hopeless`',
} as const;

function judgeDifficulty(
  derivation: Extract<DerivedDerivation, { generator: 'difficulty' }>,
  row: Row,
  said: readonly Said[],
): JudgedRow & { correct?: number } {
  const { samples, verifier } = derivation;
  const graded = said.map(({ outcome }, sample) => gradeSample(row, verifier.name, sample, outcome));
  const answers = said.map((one, i) => {
    const grade = graded[i];
    return evidenceOf(one, 0, grade?.prediction ?? '', grade?.correct ?? null, reasonOf(grade));
  });
  const rate = passRate(graded, samples);
  const verdict = difficultyVerdict(rate, derivation);
  if (verdict === 'unknown' || rate === null) {
    const first = graded.find(({ correct }) => correct === null);
    const why = first?.unknown === 'no_gold' ? NO_GOLD : UNKNOWN_REASONS[first?.unknown ?? 'empty'];
    const missing = graded.filter(({ correct }) => correct === null).length;
    return { outcome: 'unknown', reason: why, detail: `${missing} of ${samples} samples: ${why}`, answers };
  }
  const correct = graded.filter((one) => one.correct === true).length;
  if (verdict === 'kept') return { outcome: 'kept', row: { ...row, pass_rate: rate }, answers, correct };
  const detail = `${correct} of ${samples} samples are right`;
  return { outcome: 'dropped', reason: DIFFICULTY_REASONS[verdict], detail, answers, correct };
}

const NO_GOLD = 'its own answer is none that the verifier accepts';

function reasonOf(grade: GradedSample | undefined): UnknownReason | null {
  return grade?.unknown === undefined || grade.unknown === 'no_gold' ? null : grade.unknown;
}

function unknown(reason: UnknownReason): { outcome: 'unknown'; reason: string; detail: string } {
  return { outcome: 'unknown', reason: UNKNOWN_REASONS[reason], detail: UNKNOWN_REASONS[reason] };
}

function evidenceOf(
  { asked, outcome }: Said,
  model: number,
  answer: string | null,
  correct: boolean | null,
  why: UnknownReason | null = null,
): EvidenceAnswer {
  const text = outcome.kind === 'answer' ? outcome.answer.text : null;
  return { asked, model, text, answer, correct, unknown: outcome.kind === 'unknown' ? outcome.reason : why };
}
