/** What a recipe's parts demand of each other: names that must exist, stages that must come earlier. Shapes are recipe.ts's. */
import type { DigitsKind } from './digits/derivation.js';
import { derivedComplaints } from './data-checks.js';
import type { DataSettings } from './data-source.js';
import { gateComplaint, unitedKinds } from './gate-checks.js';
import type { Gate } from './gate.js';
import type { GeneratorSettings } from './generators.js';
import { hint } from './nearest-name.js';
import { describeOrder, difficultyOf, type Order, type OrderPerEpoch } from './order.js';
import type { RlvrTraining, SftTraining } from './training.js';

/** The parts of a parsed recipe that checks look at. */
interface Parts {
  readonly data: Readonly<Record<string, DataSettings>>;
  readonly generators?: Readonly<Record<string, GeneratorSettings>> | undefined;
  readonly stages: readonly {
    readonly name: string;
    readonly data: string;
    readonly objective: 'sft' | 'rlvr';
    readonly training: SftTraining | RlvrTraining;
    readonly from?: string | undefined;
    readonly gates: readonly Gate[];
    readonly order: Order;
    readonly order_per_epoch?: OrderPerEpoch | undefined;
  }[];
  readonly curriculum?: readonly string[] | undefined;
  readonly evaluation?: { readonly data: readonly string[]; readonly after: 'each' | 'last' } | undefined;
}

export interface Complaint {
  readonly path: (string | number)[];
  readonly message: string;
}

export function recipeComplaints(recipe: Parts): Complaint[] {
  return [
    ...names(recipe),
    ...unions(recipe),
    ...derivedComplaints(recipe, curriculumOf(recipe)),
    ...curriculum(recipe),
    ...gates(recipe),
  ];
}

/** Names of the stages that run, in order. */
export function curriculumOf(recipe: Pick<Parts, 'curriculum'> & { stages: readonly { name: string }[] }): string[] {
  return [...(recipe.curriculum ?? recipe.stages.map((stage) => stage.name))];
}

function names({ data, stages, evaluation }: Parts): Complaint[] {
  const found: Complaint[] = [];
  const known = Object.keys(data);
  const seen = new Set<string>();
  for (const [i, stage] of stages.entries()) {
    if (seen.has(stage.name))
      found.push({ path: ['stages', i, 'name'], message: `stage name "${stage.name}" is used twice` });
    seen.add(stage.name);
    if (stage.order_per_epoch !== undefined && difficultyOf(stage.order) === null)
      found.push({
        path: ['stages', i, 'order_per_epoch'],
        message: `goes with an order by difficulty; stage ${stage.name} has order "${describeOrder(stage.order)}"`,
      });
    if ('rollouts' in stage.training) {
      const { batch_size, rollouts, updates_per_batch: updates } = stage.training;
      if (updates > batch_size * rollouts)
        found.push({
          path: ['stages', i, 'training', 'updates_per_batch'],
          message: `${updates} updates cannot be made of ${batch_size} x ${rollouts} samples`,
        });
    }
    if (!Object.hasOwn(data, stage.data))
      found.push({ path: ['stages', i, 'data'], message: noData(stage.data, known) });
  }
  for (const [i, name] of (evaluation?.data ?? []).entries())
    if (!Object.hasOwn(data, name)) found.push({ path: ['evaluation', 'data', i], message: noData(name, known) });
  return found;
}

function unions({ data }: Parts): Complaint[] {
  const found: Complaint[] = [];
  const parts = Object.keys(data).filter((name) => data[name]?.generator !== 'union');
  for (const [name, settings] of Object.entries(data)) {
    if (settings.generator !== 'union') continue;
    for (const [i, part] of settings.of.entries())
      if (!parts.includes(part))
        found.push({
          path: ['data', name, 'of', i],
          message: Object.hasOwn(data, part) ? `"${part}" is a union itself; name its parts` : noData(part, parts),
        });
  }
  return found;
}

function curriculum(recipe: Parts): Complaint[] {
  const found: Complaint[] = [];
  const { stages } = recipe;
  const known = stages.map((stage) => stage.name);
  const earlier: string[] = [];
  for (const [i, name] of curriculumOf(recipe).entries()) {
    const at = known.indexOf(name);
    if (at < 0) found.push({ path: ['curriculum', i], message: `no stage "${name}"; ${hint(name, known)}` });
    else if (recipe.curriculum !== undefined && earlier.includes(name))
      found.push({ path: ['curriculum', i], message: `stage "${name}" stands twice` });
    const from = stages[at]?.from;
    if (from === 'previous' && i === 0)
      found.push({ path: ['stages', at, 'from'], message: 'the first stage has none before it' });
    else if (from !== undefined && from !== 'scratch' && from !== 'previous' && !earlier.includes(from))
      found.push({
        path: ['stages', at, 'from'],
        message: `"${from}" is no earlier stage; use scratch, previous${earlier.map((s) => `, ${s}`).join('')}`,
      });
    earlier.push(name);
  }
  return found;
}

function gates(recipe: Parts): Complaint[] {
  const { data, stages, evaluation } = recipe;
  const order = curriculumOf(recipe);
  const evaluated = evaluation?.data ?? [];
  return stages.flatMap((stage, i) =>
    stage.gates.flatMap((gate, j): Complaint[] => {
      const path = ['stages', i, 'gates', j];
      const never = evaluation?.after === 'last' && order.includes(stage.name) && order.at(-1) !== stage.name;
      if (never && gate.on === 'evaluation' && evaluated.includes(gate.data))
        return [{ path, message: `evaluation.after is "last": stage "${stage.name}" is not evaluated` }];
      const found = gateComplaint(gate, {
        objective: stage.objective,
        evaluated,
        listed: 'evaluation.data has',
        kindsOf: (name) => (data[name] === undefined ? null : kindsOf(data[name], data)),
      });
      return found === null ? [] : [{ path: [...path, found.field], message: found.message }];
    }),
  );
}

/** Kinds of generated questions; null where only the rows themselves know. */
function kindsOf(settings: DataSettings, data: Parts['data']): DigitsKind[] | null {
  switch (settings.generator) {
    case 'digits':
      return Object.keys(settings.mix) as DigitsKind[];
    case 'folder':
    case 'captions':
    case 'synthesis':
    case 'filter':
    case 'difficulty':
    case 'overlap':
      return null;
    case 'union':
      return unitedKinds(
        settings.of.map((name) => data[name]).map((part) => (part === undefined ? null : kindsOf(part, data))),
      );
  }
}

function noData(name: string, known: readonly string[]): string {
  return `no data set "${name}"; ${hint(name, known)}`;
}
