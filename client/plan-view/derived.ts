/** Derived sets of a plan, before and after they are made: what they are made of, whom they ask and how much. Asks nobody. */
import { dataRecordSchema } from '../../core/data/record.js';
import { modelWords, phasesOf } from '../../core/data/phases.js';
import { isDerived } from '../../core/data-source.js';
import type { DerivedView } from '../../core/plan-view.js';
import type { Plan, PlannedData } from '../../core/plan.js';
import { layout } from '../../store/layout.js';
import { readRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { readRowFacts } from './row-facts.js';

export async function viewDerived(plan: Plan, store: Store | null): Promise<DerivedView[]> {
  const views = new Map<string, DerivedView>();
  const visit = async (data: PlannedData): Promise<void> => {
    for (const inner of [...(data.parts ?? []), ...(data.inputs ?? [])]) await visit(inner);
    const { derivation } = data;
    if (derivation.generator === 'union' || !isDerived(derivation) || views.has(data.key)) return;
    const [input] = data.inputs ?? [];
    const rowsIn = input === undefined ? null : await knownRows(input, store);
    const each = phasesOf(derivation).reduce((sum, { questions }) => sum + questions, 0);
    const rows = await madeRows(data, store);
    const begun = ((await store?.objects.list(layout.dataWorkOf(data.key))) ?? []).length > 0;
    views.set(data.key, {
      name: data.name,
      key: data.key,
      generator: derivation.generator,
      inputs: (data.inputs ?? []).map(({ name }) => name),
      models: (data.generators ?? []).map(({ name, identity }) => ({ name, model: modelWords(identity) })),
      requests: rowsIn === null ? null : rowsIn * each,
      state: rows !== null ? 'made' : begun ? 'begun' : 'new',
      rows,
    });
  };
  for (const { data } of [...plan.stages, ...plan.evaluations]) await visit(data);
  return [...views.values()];
}

/** Null where only making the set tells. */
export async function knownRows(data: PlannedData, store: Store | null): Promise<number | null> {
  const made = await madeRows(data, store);
  if (made !== null) return made;
  const { rows, known } = await readRowFacts(data);
  return known ? rows : null;
}

async function madeRows({ key }: PlannedData, store: Store | null): Promise<number | null> {
  if (store === null) return null;
  return (await readRecord(store.objects, `${layout.data(key)}/data.json`, dataRecordSchema))?.rows ?? null;
}
