/** What is to be done for a derived set: its passes with their shards. Small, since it enters history. Asks nobody. */
import { modelsOf, modelWords, phasesOf, type Phase } from '../../../core/data/phases.js';
import type { DataWorkPlan } from '../../../core/data/work.js';
import type { GeneratorIdentity } from '../../../core/generators.js';
import type { PlannedData } from '../../../core/plan.js';
import type { Store } from '../../../store/store.js';
import { readDataRecord } from '../data-record.js';
import { derivationOf, openInputs } from './input.js';

/** Its inputs must be in the store. */
export async function planWork(store: Store, data: PlannedData): Promise<DataWorkPlan> {
  const derivation = derivationOf(data);
  if ((await readDataRecord(store, data.key)) !== null) return { done: true, phases: [] };
  const inputs = await openInputs(store, data);
  const models = modelsOf(derivation);
  return {
    done: false,
    phases: phasesOf(derivation).map((phase) => {
      const index = inputs[phase.input]?.index;
      return {
        name: phase.name,
        words: wordsOf(phase, models[phase.model]),
        shards: index?.starts.length ?? 0,
        rows: index?.rows ?? 0,
      };
    }),
  };
}

function wordsOf({ asked, questions }: Phase, model: GeneratorIdentity | undefined): string {
  const by = model === undefined ? '' : ` by ${modelWords(model)}`;
  switch (asked) {
    case 'synthesis':
      return `questions${by}`;
    case 'image':
      return `from the image alone${by}`;
    case 'caption':
      return `from the caption alone${by}`;
    case 'sample':
      return `${questions} samples each${by}`;
  }
}
