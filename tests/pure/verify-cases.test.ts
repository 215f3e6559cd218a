/** The verifier on the open two thirds of its cases. The third that is set aside is run by bench/verifier/compare.py, once, at the end. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERIFIERS, type VerifierName } from '../../core/verify/verifiers.js';
import type { Item, Result } from '../../core/verify/contract.js';
import type { VerifySettings } from '../../core/verify/settings.js';

interface Case extends Item {
  readonly id: string;
  readonly verifier?: VerifierName;
  readonly settings?: Partial<VerifySettings>;
  readonly expect: string;
  readonly also?: string;
  readonly reason?: string;
  readonly reward?: number;
}
const cases = readFileSync(new URL('../verifier/cases.open.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

function asExpected(one: Case, result: Result): boolean {
  if (result.verdict !== one.expect && result.verdict !== one.also) return false;
  if (result.verdict === 'ungradable' && one.reason !== undefined && result.reason !== one.reason) return false;
  return one.reward === undefined || result.reward === one.reward;
}

/** Cases that the verifier gets wrong, with why; none is a false yes. */
const KNOWN: Readonly<Record<string, string>> = {};

test('every open case has its verdict, its reason and its reward, apart from those listed', () => {
  const missed = cases.filter((one) => !asExpected(one, VERIFIERS[one.verifier ?? 'math'](one, one.settings)));
  expect(missed.map((one) => one.id)).toEqual(Object.keys(KNOWN));
});
