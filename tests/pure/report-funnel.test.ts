/** What a person is told of a derived set in one line. */
import { expect, it } from 'vitest';
import { funnelLine } from '../../cli/report/funnel-text.js';
import { modelWords } from '../../core/data/phases.js';
import type { Funnel } from '../../core/data/record.js';
import { planCommitted } from '../support/committed-recipes.js';

it('says what was kept, and the most frequent reasons of the rest', async () => {
  const { stages } = await planCommitted('digits-staged');
  const data = stages.find(({ name }) => name === 'perception')?.data.inputs?.[0]?.parts?.[0];
  if (data === undefined) throw new Error('no filtered set');
  const dropped = (reason: string, rows: number): Funnel['reasons'][number] => ({ outcome: 'dropped', reason, rows });
  const funnel: Funnel = {
    schema: 'stagewright/funnel@1',
    key: data.key,
    derivation: data.derivation,
    inputs: [],
    models: [],
    rows: { in: 8000, kept: 700, dropped: 7290, unknown: 10, refused: 0 },
    reasons: [],
    unknown_share: 10 / 8000,
    letters: {},
    pass_rates: null,
  };
  expect(funnelLine(data.name, funnel)).toBe('  unseen (filter): 700 of 8,000 rows');
  const reasons = [
    dropped('one', 7000),
    dropped('two', 200),
    dropped('three', 90),
    { outcome: 'unknown' as const, reason: 'four', rows: 6 },
    { outcome: 'unknown' as const, reason: 'five', rows: 4 },
  ];
  expect(funnelLine(data.name, { ...funnel, reasons })).toBe(
    '  unseen (filter): 700 of 8,000 rows; one: 7,000; two: 200; three: 90; other reasons: 10',
  );
  const [base] = data.generators ?? [];
  if (base === undefined) throw new Error('no generator');
  const seen = [dropped(`the image alone is enough for ${modelWords(base.identity)}`, 5)];
  expect(funnelLine(data.name, { ...funnel, reasons: seen }, data.generators)).toBe(
    '  unseen (filter): 700 of 8,000 rows; the image alone is enough for base: 5',
  );
});
