/** Differences in words, the same for terminal and page: no adjective without a figure. */
import type { Difference } from '../../core/compare/differences.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const points = (share: number): string => `${share < 0 ? '-' : '+'}${Math.abs(100 * share).toFixed(1)}`;

export function interval({ comparison }: Difference): string {
  return comparison === null ? '' : `${points(comparison.low)} to ${points(comparison.high)}`;
}

function pText({ p }: Difference): string {
  if (p === null) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

function verdict({ verdict: found, why, detectable }: Difference): string {
  switch (found) {
    case 'better':
      return 'B is better';
    case 'worse':
      return 'B is worse';
    case 'no difference':
      return `no difference can be claimed; ${detectable === null ? '?' : (100 * detectable).toFixed(1)} points would be seen 8 times of 10`;
    case 'not comparable':
      return `no interval: ${why ?? ''}`;
  }
}

export const HEADS = ['', 'n', 'A', 'B', 'B - A', '95 %', 'p', ''] as const;

/** Of a line, under HEADS; its label, the first, is shown in each place's own way. */
export function cellsOf(of: Difference): string[] {
  return [String(of.n), percent(of.a), percent(of.b), points(of.b - of.a), interval(of), pText(of), verdict(of)];
}

export const valueText = (value: unknown): string =>
  value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);

export const FOOTNOTE =
  'Differences in points of accuracy on the same questions, with 95 % intervals; questions about one image count as one cluster. ' +
  'p is corrected (Holm) for all lines of a table.';
