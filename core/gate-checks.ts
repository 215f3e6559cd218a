/** Whether a gate can be measured where it stands: known before anything trains, in a recipe as in a running plan. */
import type { DataDerivation } from './data-source.js';
import { CAPABILITY_OF, type DigitsKind } from './digits/derivation.js';
import type { Gate } from './gate.js';
import type { Plan, PlannedStage } from './plan.js';

/** Only an RLVR step has these. */
const RLVR_ONLY = ['reward', 'accuracy', 'format', 'mixed_groups', 'kl', 'clip_fraction', 'trace_length'];

/** What a gate's stage has that could be measured. */
export interface GateSite {
  readonly objective: 'sft' | 'rlvr';
  /** Data sets on which the stage is evaluated, and the words before their list. */
  readonly evaluated: readonly string[];
  readonly listed: string;
  /** Null where only the rows themselves know. */
  readonly kindsOf: (data: string) => readonly DigitsKind[] | null;
}
export interface GateComplaint {
  readonly field: 'metric' | 'data' | 'capability' | 'kind';
  readonly message: string;
}

export function gateComplaint(gate: Gate, site: GateSite): GateComplaint | null {
  if (gate.on === 'approval') return null;
  if (gate.on === 'training')
    return site.objective === 'sft' && RLVR_ONLY.includes(gate.metric)
      ? { field: 'metric', message: `an SFT stage has no ${gate.metric}; it has loss, grad_norm, entropy` }
      : null;
  const { data, capability, kind } = gate;
  if (!site.evaluated.includes(data))
    return {
      field: 'data',
      message: `"${data}" is not evaluated; ${site.listed}: ${site.evaluated.join(', ') || 'nothing'}`,
    };
  const kinds = site.kindsOf(data);
  if (kinds === null) return null;
  const capabilities = [...new Set(kinds.map((known) => CAPABILITY_OF[known]))];
  if (capability !== undefined && !capabilities.includes(capability))
    return { field: 'capability', message: lacks(data, 'capability', capability, capabilities) };
  if (kind !== undefined && !kinds.some((known) => known === kind))
    return { field: 'kind', message: lacks(data, 'kind', kind, kinds) };
  return null;
}

/** Why a gate of the stage can never be measured in this plan; null when all can. */
export function gateTrouble(plan: Plan, { name, objective, gates = [] }: PlannedStage): string | null {
  const evaluations = plan.evaluations.filter((evaluation) => evaluation.stage === name);
  const site: GateSite = {
    objective: objective.kind,
    evaluated: evaluations.map(({ data }) => data.name),
    listed: `stage ${name} is evaluated on`,
    kindsOf: (wanted) => {
      const found = evaluations.find(({ data }) => data.name === wanted);
      return found === undefined ? null : derivedKinds(found.data.derivation);
    },
  };
  for (const [i, gate] of gates.entries()) {
    const found = gateComplaint(gate, site);
    if (found !== null) return `gates.${i}.${found.field}: ${found.message}`;
  }
  return null;
}

/** Kinds of several sets together. */
export function unitedKinds(parts: readonly (DigitsKind[] | null)[]): DigitsKind[] | null {
  const known = parts.filter((part) => part !== null);
  return known.length < parts.length ? null : [...new Set(known.flat())];
}

function derivedKinds(derivation: DataDerivation): DigitsKind[] | null {
  switch (derivation.generator) {
    case 'digits':
      return Object.keys(derivation.mix) as DigitsKind[];
    case 'folder':
    case 'captions':
    case 'synthesis':
    case 'filter':
    case 'difficulty':
    case 'overlap':
      return null;
    case 'union':
      return unitedKinds(derivation.of.map(derivedKinds));
  }
}

function lacks(data: string, what: string, name: string, known: readonly string[]): string {
  return `the evaluation on "${data}" has no ${what} "${name}"; it has ${known.join(', ')}`;
}
