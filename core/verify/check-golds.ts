/**
 * The gold check before any training: each row's own answer must be right by the verifier, or no response ever earns its reward.
 * What the embedded task asks beyond that of its answers is store/rows.ts's.
 */
import { StagewrightError } from '../failures.js';
import type { Row } from '../row.js';
import { REASONS } from './contract.js';
import { goldAsAnswer } from './gold-check.js';
import { isVerifierName, VERIFIERS, type VerifierName } from './verifiers.js';

/** Refused rows that the error lists; the count tells the rest. */
const NAMED = 20;

/** For a stage or an evaluation that names its verifier. */
export function checkGoldsFor(name: string, rows: readonly { readonly row: Row }[], verifier: string): void {
  if (isVerifierName(verifier)) checkGolds(name, rows, verifier);
}

/** @returns the number of rows. @throws StagewrightError DataInvalid naming the refused rows and why. */
export function checkGolds(
  name: string,
  rows: readonly { readonly row: Row }[],
  verifier: VerifierName = 'math',
): number {
  const refused = rows.flatMap(({ row }) => {
    const { verdict, reason } = VERIFIERS[verifier](goldAsAnswer({ gold: row.answer, choices: row.options }, verifier));
    if (verdict === 'correct') return [];
    return [
      `${row.id}: "${row.answer.slice(0, 100)}": ${reason === undefined ? 'its own verifier finds it wrong' : REASONS[reason]}`,
    ];
  });
  if (refused.length === 0) return rows.length;
  const rest = refused.length - NAMED;
  throw new StagewrightError(
    'DataInvalid',
    `data set ${name}: the verifier ${verifier} refuses the gold of ${refused.length} of ${rows.length} rows:\n` +
      `${refused.slice(0, NAMED).join('\n')}${rest > 0 ? `\nand ${rest} more` : ''}`,
    { count: refused.length, refused: refused.slice(0, NAMED) },
  );
}
