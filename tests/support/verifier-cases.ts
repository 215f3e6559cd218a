/** The verifier's open cases and what is expected of them. The third that is set aside is none of a test's business. */
import { readFileSync } from 'node:fs';
import type { Item } from '../../core/verify/contract.js';
import type { VerifySettings } from '../../core/verify/settings.js';
import { VERIFIERS, type VerifierName } from '../../core/verify/verifiers.js';

export interface Case extends Item {
  readonly id: string;
  readonly verifier?: VerifierName;
  readonly settings?: Partial<VerifySettings>;
  readonly expect: string;
  readonly also?: string;
  readonly reason?: string;
  readonly reward?: number;
}

export const OPEN_CASES: readonly Case[] = readFileSync(
  new URL('../verifier/cases.open.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

/** Ids of those whose verdict, reason or reward is not as expected. */
export function failing(cases: readonly Case[]): string[] {
  return cases.filter((one) => !asExpected(one)).map((one) => one.id);
}

function asExpected(one: Case): boolean {
  const { verdict, reason, reward } = VERIFIERS[one.verifier ?? 'math'](one, one.settings);
  if (verdict !== one.expect && verdict !== one.also) return false;
  if (verdict === 'ungradable' && one.reason !== undefined && reason !== one.reason) return false;
  return one.reward === undefined || reward === one.reward;
}
