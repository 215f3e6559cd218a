/** Words and colours of a set's page: fates of rows, models, shares. */
import { UNKNOWN_REASONS } from '../../core/generation.js';
import type { EvidenceAnswer, RowOutcome } from '../../core/data/record.js';
import type { GeneratorIdentity } from '../../core/generators.js';

/** The same in every chart. */
export const FATE_COLORS: Readonly<Record<RowOutcome, string>> = {
  kept: 'var(--c3)',
  dropped: 'var(--c1)',
  unknown: 'var(--c5)',
  refused: 'var(--c2)',
};

export const FATES: Readonly<Record<RowOutcome, string>> = {
  kept: 'in the set',
  dropped: 'by the rule',
  unknown: 'no usable answer, so nobody can tell',
  refused: 'unusable as it came',
};

export const ASKED: Readonly<Record<EvidenceAnswer['asked'], string>> = {
  synthesis: 'question written',
  repair: 'written again',
  image: 'image only',
  caption: 'caption only',
  sample: 'sample',
};

export function modelName(identity: GeneratorIdentity): string {
  switch (identity.kind) {
    case 'endpoint':
      return `${identity.model} @ ${identity.revision}`;
    case 'onnx':
      return `embedded model, weights ${identity.weights.slice(0, 12)}`;
    case 'template':
      return `template ${identity.version}`;
  }
}

export function unknownWords(reason: string): string {
  const words: Readonly<Record<string, string>> = UNKNOWN_REASONS;
  return words[reason] ?? reason;
}

/** With a thin gap between thousands: read beside others in a column. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+(?!\d))/gu, '\u202f');
}

export function shareOf(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  return `${share !== 0 && share < 0.1 ? share.toFixed(2) : share.toFixed(1)} %`;
}
