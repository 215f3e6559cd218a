/** The verifier's cases: their shape, their counts, the split and the sums. No verdict is checked here: that is the verifier's own test. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const caseSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z]+(-[a-z]+)*-\d{3}$/),
    category: z.string(),
    gold: z.string().min(1),
    pred: z.string(),
    kind: z.enum(['letter', 'interval']).optional(),
    choices: z.array(z.string().min(1)).min(2).max(10).optional(),
    settings: z
      .strictObject({
        rounding: z.int().min(0),
        strict: z.boolean(),
        unit: z.enum(['required', 'ignore']),
        percent: z.enum(['numeral', 'value']),
        hedge: z.enum(['fail', 'last']),
        requireBox: z.boolean(),
      })
      .partial()
      .optional(),
    verifier: z.enum(['mcq', 'exact', 'format', 'reward']).optional(),
    expect: z.enum(['correct', 'wrong', 'ungradable']),
    reason: z.enum(['no-answer', 'two-answers']).optional(),
    also: z.enum(['wrong', 'ungradable']).optional(),
    reward: z.number().min(0).max(1).optional(),
    gap: z.string().optional(),
    source: z.union([z.url(), z.enum(['plain mathematics', 'plain English', 'README convention'])]),
  })
  .refine((one) => (one.verifier === 'reward') === (one.reward !== undefined), 'a reward belongs to verifier reward')
  .refine((one) => (one.expect === 'ungradable') === (one.reason !== undefined), 'ungradable has a reason')
  .refine(
    (one) => one.also === undefined || (one.expect !== 'correct' && one.also !== one.expect),
    'also is another no',
  );
type Case = z.infer<typeof caseSchema>;

const folder = new URL('../verifier/', import.meta.url);
const bytes = (name: string): Buffer => readFileSync(new URL(name, folder));
const read = (name: string): Case[] =>
  bytes(name)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => caseSchema.parse(JSON.parse(line)));

const open = read('cases.open.jsonl');
const heldOut = read('cases.heldout.jsonl');
const all = [...open, ...heldOut];
const negatives = (cases: readonly Case[]): number => cases.filter((one) => one.expect !== 'correct').length;

function counts(names: readonly string[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const name of names) out.set(name, (out.get(name) ?? 0) + 1);
  return out;
}
const under = (names: readonly string[], least: number): string[] =>
  [...counts(names)].filter(([, count]) => count < least).map(([name]) => name);

const CATEGORIES = [
  ...[
    'mcq',
    'integer',
    'precision',
    'fraction',
    'mixed',
    'percent',
    'thousands',
    'scientific',
    'unicode',
    'currency',
    'units',
  ],
  ...[
    'degree-time-ratio',
    'expression',
    'equation',
    'inequality',
    'interval',
    'set',
    'tuple',
    'matrix',
    'plus-minus-infinity',
  ],
  ...['text', 'yes-no', 'number-word', 'boxes', 'wrapper', 'think', 'malformed', 'adversarial', 'hedge', 'transcript'],
  ...['format', 'reward', 'settings', 'named'],
];
const GAPS = [
  ...['mv:letter-with-text', 'mv:unit-synonym', 'mv:unit-conflict', 'mv:million', 'mv:exponent-notation', 'mv:unicode'],
  ...['mv:interval-inequality', 'mv:word-case-punctuation', 'mv:earlier-box'],
  ...['mr:integer-fraction-strict', 'mr:percent-dropped', 'mr:interval-set', 'mr:none-string', 'mr:last-box-hedge'],
  ...['trap:braces', 'trap:infinity', 'trap:large-exact', 'trap:abs', 'trap:tiny-offset', 'trap:matrix-rows'],
];

describe('the cases of the verifier', () => {
  test('are as they were committed', () => {
    const sums = bytes('SHA256SUMS').toString('utf8');
    for (const name of ['cases.heldout.jsonl', 'cases.open.jsonl'])
      expect(sums).toContain(`${createHash('sha256').update(bytes(name)).digest('hex')}  ${name}\n`);
  });

  test('have ids of their own, each under its category, and no twins', () => {
    const twins = all.map(({ gold, pred, kind, choices, settings, verifier }) =>
      JSON.stringify([gold, pred, kind, choices, settings, verifier]),
    );
    expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
    expect(new Set(twins).size).toBe(all.length);
    expect(all.filter((one) => one.id.slice(0, -4) !== one.category).map((one) => one.id)).toEqual([]);
  });

  test('are enough: 700, a third negatives, 25 in each category, every gap three times', () => {
    expect(all.length).toBeGreaterThanOrEqual(700);
    expect(negatives(all) / all.length).toBeGreaterThan(1 / 3);
    expect(negatives(open) / open.length).toBeGreaterThan(1 / 3);
    expect(negatives(heldOut) / heldOut.length).toBeGreaterThan(1 / 3);
    expect([...counts(all.map((one) => one.category)).keys()].sort()).toEqual([...CATEGORIES].sort());
    expect(
      under(
        all.map((one) => one.category),
        25,
      ),
    ).toEqual([]);
    const gaps = all.flatMap((one) => one.gap ?? []);
    expect([...counts(gaps).keys()].sort()).toEqual([...GAPS].sort());
    expect(under(gaps, 3)).toEqual([]);
  });

  test('are split by the hash of the id', () => {
    const aside = (id: string): boolean =>
      createHash('sha256').update(`stagewright-verifier-cases/1:${id}`).digest().readUInt32BE(0) % 3 === 0;
    expect(open.filter((one) => aside(one.id)).map((one) => one.id)).toEqual([]);
    expect(heldOut.filter((one) => !aside(one.id)).map((one) => one.id)).toEqual([]);
    expect(heldOut.length / all.length).toBeGreaterThan(0.3);
  });
});
