/** A row of a derived set is judged by what every pass said of it: one that is silent leaves it unknown, never kept. */
import { expect, test } from 'vitest';
import { judgeRow, type Said } from '../../core/data/judge.js';
import { phasesOf } from '../../core/data/phases.js';
import { dataDerivationSchema } from '../../core/data-source.js';
import type { Row } from '../../core/row.js';

const endpoint = (model: string): object => ({ kind: 'endpoint', model, revision: '1' });
const derivation = dataDerivationSchema.parse({
  generator: 'filter',
  version: 1,
  of: 'a'.repeat(64),
  image_only: [endpoint('one'), endpoint('two')],
  caption_only: [endpoint('one')],
  prompt_sha256: 'b'.repeat(64),
  sampling: { temperature: 0, top_p: 1, max_tokens: 16 },
  seed: 1,
  mode: 'strict',
});
if (derivation.generator !== 'filter') throw new Error('no filter');
const row: Row = {
  ...{ id: 'r', capability: 'perception', kind: 'caption_mcq', problem: '<image>What?', images: ['a.png'] },
  ...{ answer: 'B', options: ['1', '2', '3', '4'], caption: 'c' },
};
const answered = (asked: Said['asked'], text: string): Said[] => [
  {
    asked,
    outcome: { kind: 'answer', answer: { text, finish_reason: 'stop', prompt_tokens: 1, completion_tokens: 1 } },
  },
];

test('the row is kept when all passes speak for it, and unknown when any is silent', () => {
  const passes = phasesOf(derivation).map(({ name, asked }): [string, Said[]] =>
    asked === 'image' ? [name, answered('image', 'C')] : [name, answered('caption', 'B')],
  );
  expect(judgeRow(derivation, row, new Map(passes))).toMatchObject({ outcome: 'kept' });
  for (const silent of passes.keys()) {
    const said = new Map(passes.map(([name, one], i) => [name, i === silent ? [] : one]));
    expect(judgeRow(derivation, row, said)).toMatchObject({ outcome: 'unknown' });
  }
  expect(judgeRow(derivation, row, new Map())).toMatchObject({ outcome: 'unknown', answers: [] });
});
