/** What became of the rows of the derived sets that a plan trains on, a line each, in the order in which they were made. Text only. */
import { FUNNEL_FILE, funnelSchema, type Funnel } from '../../core/data/record.js';
import { modelWords } from '../../core/data/phases.js';
import { isDerived } from '../../core/data-source.js';
import type { PlannedGenerator } from '../../core/generators.js';
import type { Plan, PlannedData } from '../../core/plan.js';
import { layout } from '../../store/layout.js';
import { readRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';

/** Null where the plan trains on no such set, or none is made yet. */
export async function funnelText({ objects }: Store, plan: Plan): Promise<string | null> {
  const sets = new Map(plan.stages.flatMap(({ data }) => madeFor(data)).map((set) => [set.key, set]));
  const lines: string[] = [];
  for (const { key, name, generators = [] } of sets.values()) {
    const funnel = await readRecord(objects, `${layout.data(key)}/${FUNNEL_FILE}`, funnelSchema);
    if (funnel !== null) lines.push(funnelLine(name, funnel, generators));
  }
  return lines.length === 0 ? null : [`${plan.recipe}, what its data sets kept:`, ...lines].join('\n');
}

/** Those that it is made of first. */
function madeFor(data: PlannedData): PlannedData[] {
  const before = [...(data.parts ?? []), ...(data.inputs ?? [])].flatMap(madeFor);
  return isDerived(data.derivation) ? [...before, data] : before;
}

const REASONS_TOLD = 3;

/** @param generators as the recipe calls them: a set knows models by what identifies them */
export function funnelLine(
  name: string,
  { rows, reasons, derivation }: Funnel,
  generators: readonly PlannedGenerator[] = [],
): string {
  const named = (reason: string): string =>
    generators.reduce((words, one) => words.replaceAll(modelWords(one.identity), one.name), reason);
  const told = reasons.slice(0, REASONS_TOLD).map(({ reason, rows: of }) => `${named(reason)}: ${count(of)}`);
  const rest = reasons.slice(REASONS_TOLD).reduce((sum, one) => sum + one.rows, 0);
  const why = [...told, ...(rest === 0 ? [] : [`other reasons: ${count(rest)}`])];
  return `  ${name} (${derivation.generator}): ${count(rows.kept)} of ${count(rows.in)} rows${why.length === 0 ? '' : `; ${why.join('; ')}`}`;
}

const count = (n: number): string => n.toLocaleString('en');
