/** Paired answers as a table of differences: all questions, then capabilities, then kinds, corrected together. Pure. */
import { detectableOf } from '../statistics/detectable.js';
import { isOffered, type Comparison } from '../statistics/estimate.js';
import { holm } from '../statistics/holm.js';
import { compareItems } from '../statistics/paired-items.js';
import type { AnswerPair } from './paired-answers.js';

/** Corrected p below which a difference is claimed. */
export const ALPHA = 0.05;

export interface Difference {
  readonly label: string;
  /** 0: all, 1: a capability, 2: a kind within it. */
  readonly level: 0 | 1 | 2;
  readonly n: number;
  readonly a: number;
  readonly b: number;
  /** Questions that only B, or only A, has right. */
  readonly gained: number;
  readonly lost: number;
  /** Of b - a; null where no method holds what it promises, for which `why` says the reason. */
  readonly comparison: Comparison | null;
  readonly why: string | null;
  /** Corrected for all lines of the table; null without a comparison. */
  readonly p: number | null;
  /** Difference that this much data would show 8 times of 10. */
  readonly detectable: number | null;
  readonly verdict: 'better' | 'worse' | 'no difference' | 'not comparable';
}

export function differences(pairs: readonly AnswerPair[]): Difference[] {
  const lines = [{ label: 'all', level: 0 as const, pairs }, ...groups(pairs)];
  const compared = lines.map((line) => {
    const found = compareItems(
      line.pairs.map(({ a, b, cluster }) => ({ a: Number(a.correct), b: Number(b.correct), cluster })),
    );
    return isOffered(found) ? { ...line, found, why: null } : { ...line, found: null, why: found.notOffered };
  });
  const offered = compared.flatMap(({ found }) => (found === null ? [] : [found]));
  const corrected = new Map(holm(offered.map(({ p }) => p)).map((p, i) => [offered[i], p]));
  return compared.map(({ label, level, pairs: its, found, why }) => {
    const p = found === null ? null : (corrected.get(found) ?? null);
    return {
      label,
      level,
      n: its.length,
      a: share(its.map((pair) => pair.a.correct)),
      b: share(its.map((pair) => pair.b.correct)),
      gained: its.filter((pair) => !pair.a.correct && pair.b.correct).length,
      lost: its.filter((pair) => pair.a.correct && !pair.b.correct).length,
      comparison: found,
      why,
      p,
      detectable: found === null ? null : detectableOf(found, degreesOf(found)),
      verdict: verdictOf(found, p),
    };
  });
}

interface Line {
  readonly label: string;
  readonly level: 1 | 2;
  readonly pairs: readonly AnswerPair[];
}

/** A capability of one kind needs no second line, and one that is all no line at all. */
function groups(pairs: readonly AnswerPair[]): Line[] {
  const capabilities = grouped(pairs, ({ row }) => row.capability);
  return [...capabilities].flatMap(([label, its]) => {
    const kinds = grouped(its, ({ row }) => row.kind);
    const own: Line[] = capabilities.size === 1 ? [] : [{ label, level: 1, pairs: its }];
    return kinds.size === 1
      ? own
      : [...own, ...[...kinds].map(([kind, of]): Line => ({ label: kind, level: 2, pairs: of }))];
  });
}

function grouped<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const members = found.get(by(item));
    if (members === undefined) found.set(by(item), [item]);
    else members.push(item);
  }
  return new Map([...found].sort(([x], [y]) => (x < y ? -1 : 1)));
}

const share = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;
const degreesOf = ({ clusters }: Comparison): number => (clusters === undefined ? Infinity : clusters - 1);

function verdictOf(found: Comparison | null, p: number | null): Difference['verdict'] {
  if (found === null || p === null) return 'not comparable';
  if (p >= ALPHA) return 'no difference';
  return found.estimate > 0 ? 'better' : 'worse';
}
