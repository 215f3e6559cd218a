/** Gates of a plan and whether they held: measured anew from the store, with intervals; decisions of people from the run's status. */
import { describeGate, whyFailed, type Gate, type Measured } from '../../core/gate.js';
import { hitsOf, meanOfLast, partOf } from '../../core/gate-measure.js';
import type { CurriculumStatus, GateStatus } from '../../core/states.js';
import { wilsonInterval } from '../../core/wilson.js';
import type { RecipeResults, StageResults } from './results.js';

export interface GateFigure {
  /** After which it stands. */
  readonly stage: string;
  readonly gate: string;
  readonly bound: string;
  readonly measured: (Measured & { readonly interval: readonly [low: number, high: number] | null }) | null;
  /** `unmeasured`: the stage or its evaluation is not done yet. */
  readonly verdict: 'held' | 'failed' | 'unmeasured' | 'asks a person';
  /** What the run itself did about it; null without a server. */
  readonly decided: GateStatus | null;
}

export function gateFigures({ stages }: RecipeResults, status: CurriculumStatus | null): GateFigure[] {
  return stages
    .filter((s) => s.left?.how !== 'superseded')
    .flatMap((results) =>
      (results.stage.gates ?? []).map((gate): GateFigure => {
        const stage = results.stage.name;
        const text = describeGate(gate);
        const measured = measure(gate, results);
        const decided = status?.gates.find((row) => row.stage === stage && row.gate === text) ?? null;
        return { stage, gate: text, bound: boundWords(gate), measured, verdict: verdictOf(gate, measured), decided };
      }),
    );
}

function verdictOf(gate: Gate, measured: Measured | null): GateFigure['verdict'] {
  if (gate.on === 'approval') return 'asks a person';
  if (measured === null) return 'unmeasured';
  return whyFailed(gate, measured) === null ? 'held' : 'failed';
}

function measure(gate: Gate, { evaluations, log, result, left }: StageResults): GateFigure['measured'] {
  if (gate.on === 'approval') return null;
  if (gate.on === 'training') {
    const mean = result === null && left === null ? null : meanOfLast(gate, log, left?.step);
    return mean === null ? null : { ...mean, interval: null };
  }
  const summary = evaluations.find((e) => e.evaluation.data.name === gate.data)?.summary ?? null;
  if (summary === null) return null;
  const tally = partOf(summary, gate);
  if (tally === undefined || tally.n === 0) return null;
  const hits = hitsOf(gate, tally);
  if (hits === undefined) return null;
  return { value: hits / tally.n, n: tally.n, interval: wilsonInterval(hits, tally.n) };
}

function boundWords(gate: Gate): string {
  if (gate.on === 'approval') return 'a person approves';
  const bounds = [
    gate.min === undefined ? null : `at least ${gate.min}`,
    gate.max === undefined ? null : `at most ${gate.max}`,
  ];
  const otherwise = { ask: 'ask', stop: 'stop', warn: 'warn and go on' }[gate.on_failure];
  return `${bounds.filter((b) => b !== null).join(', ')}; otherwise ${otherwise}`;
}
