/** What could not be graded is counted apart, by reason, in an evaluation's summary and in the report's table; never as wrong. */
import { expect, test } from 'vitest';
import { accuracyByStage } from '../../cli/report/accuracy.js';
import type { RecipeResults } from '../../cli/report/results.js';
import { evaluationSummarySchema, gradedAnswerSchema, type GradedAnswer } from '../../core/evaluation.js';
import { tallyAnswers } from '../../core/tally.js';

const sha = 'a'.repeat(64);
const of = { key: sha, weights: sha, weights_sha256: sha, data: sha };
const answer = (more: Partial<GradedAnswer>): GradedAnswer => ({
  ...{ id: 'r', capability: 'perception', kind: 'at', response: 'B', gold: 'B', answer: 'B', correct: false },
  ...{ format: true, tokens: 1, reads: [] },
  ...more,
});
const answers = [
  answer({ correct: true }),
  answer({ answer: 'C' }),
  answer({ reason: 'two-answers', answer: 'B, C' }),
  answer({ reason: 'no-answer', answer: null, format: false }),
  // From before reasons were kept.
  answer({ answer: null, format: false }),
];

test('reasons are counted apart from what is wrong', () => {
  const summary = tallyAnswers(
    of,
    answers.map((one) => gradedAnswerSchema.parse(one)),
  );
  expect(summary).toMatchObject({ n: 5, correct: 1, ungradable: 3, by_reason: { 'no-answer': 2, 'two-answers': 1 } });
  expect(evaluationSummarySchema.parse(summary)).toEqual(summary);
  const { by_reason: _, ungradable: __, ...older } = summary;
  expect(evaluationSummarySchema.safeParse(older).success).toBe(true);
});

test('the table shows their number and their reasons', () => {
  const summary = tallyAnswers(of, answers);
  const results = {
    stages: [{ stage: { name: 'one' }, evaluations: [{ evaluation: { data: { name: 'held' } }, summary }] }],
  };
  const [table] = accuracyByStage(results as unknown as RecipeResults, new Map([['at', 'perception']]));
  const shown = table?.details.map(({ label, cells: [cell] }) => [label, cell?.correct, cell?.n]);
  expect(shown?.slice(-3)).toEqual([
    ['answers that could not be graded', 3, 5],
    ['no-answer', 2, 5],
    ['two-answers', 1, 5],
  ]);
});
