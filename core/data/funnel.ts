/** Counts the fate of rows and the words of models while a set is put together: what becomes funnel.json. Judges nothing. */
import type { DerivedDerivation } from '../data-source.js';
import type { UnknownReason } from '../generation.js';
import type { JudgedRow, SaidInPhases } from './judge.js';
import { modelsOf, phasesOf } from './phases.js';
import type { Funnel, ModelTally } from './record.js';

type Counts<T extends object> = { -readonly [K in keyof T]: T[K] };

export interface FunnelCounter {
  add(judged: JudgedRow & { correct?: number }, said: SaidInPhases): void;
  readonly rows: Readonly<Funnel['rows']>;
  readonly reasons: Funnel['reasons'];
  result(inputs: Funnel['inputs'], key: string): Funnel;
}

export function countFunnel(derivation: DerivedDerivation): FunnelCounter {
  const rows: Counts<Funnel['rows']> = { in: 0, kept: 0, dropped: 0, unknown: 0, refused: 0 };
  const reasons = new Map<string, Counts<Funnel['reasons'][number]>>();
  const letters = new Map<string, number>();
  const samples = derivation.generator === 'difficulty' ? derivation.samples : null;
  const rates = samples === null ? null : Array.from({ length: samples + 1 }, () => 0);
  const phases = phasesOf(derivation);
  const models = modelsOf(derivation).map((identity, model): Counts<ModelTally> => {
    const asked = phases.filter((phase) => phase.model === model).map((phase) => phase.asked);
    return {
      ...{ identity, asked, questions: 0, answers: 0, cut: 0, unknown: {}, prompt_tokens: 0, completion_tokens: 0 },
    };
  });

  const tally = (said: SaidInPhases): void => {
    for (const { name, model } of phases) {
      const counts = models[model];
      if (counts === undefined) continue;
      for (const { outcome } of said.get(name) ?? []) {
        counts.questions += 1;
        if (outcome.kind === 'unknown') {
          const unknown: Partial<Record<UnknownReason, number>> = counts.unknown;
          unknown[outcome.reason] = (unknown[outcome.reason] ?? 0) + 1;
          continue;
        }
        counts.answers += 1;
        counts.cut += Number(outcome.answer.finish_reason === 'length');
        counts.prompt_tokens += outcome.answer.prompt_tokens;
        counts.completion_tokens += outcome.answer.completion_tokens;
      }
    }
  };
  const sortedReasons = (): Funnel['reasons'] =>
    [...reasons.values()].sort((a, b) => b.rows - a.rows || (a.reason < b.reason ? -1 : 1));

  return {
    rows,
    get reasons() {
      return sortedReasons();
    },
    add(judged, said) {
      rows.in += 1;
      rows[judged.outcome] += 1;
      tally(said);
      if (rates !== null && judged.correct !== undefined) rates[judged.correct] = (rates[judged.correct] ?? 0) + 1;
      if (judged.outcome === 'kept') {
        const { options, answer } = judged.row;
        if (options !== undefined) letters.set(answer, (letters.get(answer) ?? 0) + 1);
        return;
      }
      const { outcome, reason } = judged;
      const id = `${outcome} ${reason}`;
      const known = reasons.get(id) ?? { outcome, reason, rows: 0 };
      known.rows += 1;
      reasons.set(id, known);
    },
    result: (inputs, key) => ({
      schema: 'stagewright/funnel@1',
      key,
      derivation,
      inputs,
      models,
      rows,
      reasons: sortedReasons(),
      unknown_share: rows.in === 0 ? 0 : rows.unknown / rows.in,
      letters: Object.fromEntries([...letters].sort(([a], [b]) => (a < b ? -1 : 1))),
      pass_rates: samples === null || rates === null ? null : { samples, rows: rates },
    }),
  };
}
