/** Sums graded answers to an evaluation summary. Pure counting: no shares, no intervals, no files. */
import type { EvaluationSummary, GradedAnswer } from './evaluation.js';

export interface TallyOf {
  readonly key: string;
  readonly weights: string;
  readonly weights_sha256: string;
  readonly data: string;
}

const LETTER = /^[A-J]$/u;

export function tallyAnswers(of: TallyOf, answers: Iterable<GradedAnswer>): EvaluationSummary {
  const reasons: Record<string, number> = {};
  const summary: EvaluationSummary = {
    schema: 'stagewright/evaluation@1',
    ...of,
    n: 0,
    correct: 0,
    format: 0,
    ungradable: 0,
    by_reason: reasons,
    by_capability: {},
    by_kind: {},
    by_digit: {},
    by_letter: {},
    visual_errors: { n: 0, misread: 0 },
  };
  for (const answer of answers) {
    const right = Number(answer.correct);
    summary.n += 1;
    summary.correct += right;
    summary.format += Number(answer.format);
    const reason = answer.reason ?? (answer.answer === null ? 'no-answer' : undefined);
    if (reason !== undefined) {
      summary.ungradable = (summary.ungradable ?? 0) + 1;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    add(summary.by_capability, answer.capability, right);
    const kind = (summary.by_kind[answer.kind] ??= { n: 0, correct: 0, format: 0, tokens: 0 });
    kind.n += 1;
    kind.correct += right;
    kind.format += Number(answer.format);
    kind.tokens += answer.tokens;
    for (const [digit, read] of answer.reads) add(summary.by_digit, String(digit), Number(read));
    if (LETTER.test(answer.gold)) add(summary.by_letter, answer.gold, right);
    if (answer.capability === 'visual_reasoning' && !answer.correct) {
      summary.visual_errors.n += 1;
      summary.visual_errors.misread += Number(answer.reads.some(([, read]) => !read));
    }
  }
  return summary;
}

function add(table: Record<string, { n: number; correct: number }>, name: string, right: number): void {
  const entry = (table[name] ??= { n: 0, correct: 0 });
  entry.n += 1;
  entry.correct += right;
}
