/**
 * The gold check before any training: each row's own answer must be right by the verifier, or no response ever earns its reward.
 * What the embedded task asks beyond that of its answers is store/rows.ts's.
 */
import { StagewrightError } from '../../core/failures.js';
import type { Row } from '../../core/row.js';
import { REASONS } from '../../core/verify/contract.js';
import { goldAsAnswer } from '../../core/verify/gold-check.js';
import { verify } from '../../core/verify/verify.js';

/** Refused rows that the error lists; the count tells the rest. */
const NAMED = 20;

/** @returns the number of rows. @throws StagewrightError DataInvalid naming the refused rows and why. */
export function checkGolds(name: string, rows: readonly { readonly row: Row }[]): number {
  const refused = rows.flatMap(({ row }) => {
    const { verdict, reason } = verify(goldAsAnswer({ gold: row.answer, choices: row.options }));
    if (verdict === 'correct') return [];
    return [
      `${row.id}: "${row.answer.slice(0, 100)}": ${reason === undefined ? 'its own verifier finds it wrong' : REASONS[reason]}`,
    ];
  });
  if (refused.length === 0) return rows.length;
  const rest = refused.length - NAMED;
  throw new StagewrightError(
    'DataInvalid',
    `data set ${name}: the verifier refuses the gold of ${refused.length} of ${rows.length} rows:\n` +
      `${refused.slice(0, NAMED).join('\n')}${rest > 0 ? `\nand ${rest} more` : ''}`,
    { count: refused.length, refused: refused.slice(0, NAMED) },
  );
}
