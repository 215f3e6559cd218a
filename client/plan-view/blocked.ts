/**
 * Why a plan cannot run as things are, found before anything starts: the same words in `plan` and where a run is refused. What only
 * a run can find out (bad rows, a lost host) is not looked for.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StagewrightError } from '../../core/failures.js';
import { describeGate, type Gate } from '../../core/gate.js';
import { whySpoiled } from '../../core/data/composition.js';
import { describeOrder, difficultyOf } from '../../core/order.js';
import type { Plan, PlannedData, PlannedStage } from '../../core/plan.js';
import type { Backend } from '../../runner/backends/backend.js';
import { listBackends } from '../../runner/backends/registry.js';
import { CAPTIONS_FILE } from '../../store/captions.js';
import { ROWS_FILE } from '../../store/rows.js';
import { diskNeed, whyNoDisk } from './disk.js';
import { readRowFacts, type RowFacts } from './row-facts.js';
import { freeBytes, openExisting, progressOf } from './store-facts.js';

/**
 * Reasons that lie in the stage, its data and its trainer; null = none. Disk is apart: it depends on the stages before.
 * @param backend the stage's; undefined where only workers have it, who then judge for themselves
 */
export async function whyStageBlocked(
  stage: PlannedStage,
  plan: Plan,
  backend: Backend | undefined,
): Promise<string | null> {
  const rows = await readRowFacts(stage.data);
  const order = whyNoOrder(stage, rows);
  if (order !== null) return order;
  const spoiled = backend === undefined ? null : whyOrderSpoiled(stage, rows, backend);
  if (spoiled !== null) return spoiled;
  const cannot = backend?.cannot?.(stage, rows) ?? null;
  if (cannot !== null) return `trainer ${stage.trainer.name} cannot run it: ${cannot}`;
  for (const gate of stage.gates ?? []) {
    const why = await whyUnmeasurable(gate, stage, plan);
    if (why !== null) return `gate "${describeGate(gate)}" cannot be measured: ${why}`;
  }
  return null;
}

function whyNoOrder({ order, data }: PlannedStage, facts: RowFacts): string | null {
  const { rows, known, withoutPassRate: without } = facts;
  if (difficultyOf(order) === null || without === 0) return null;
  if (!known)
    return (
      `order ${describeOrder(order)} needs the pass_rate of every row, and rows of data set "${data.name}" will have none; ` +
      'train on a set of generator "difficulty" that is made of it, or order by "shuffled" or "file"'
    );
  const lacking = without === rows ? `none of the ${rows} rows` : `not every row (${without} of ${rows} lack it)`;
  return (
    `order ${describeOrder(order)} needs the pass_rate of every row, and ${lacking} of data set "${data.name}" has one; ` +
    'score them first, or order by "shuffled" or "file"'
  );
}

/** `restart` is the recipe's own word for it; a plan of an older version knows nothing else. */
function whyOrderSpoiled(
  { order, order_per_epoch: per, objective }: PlannedStage,
  { rows, known }: RowFacts,
  backend: Backend,
): string | null {
  if (!known || per !== 'spread' || backend.spreadsOrder === true) return null;
  const { steps, batch_size: batch } = objective.training;
  const why = whySpoiled(order, rows, steps * batch);
  if (why === null) return null;
  return (
    `${why}; trainer ${backend.name} reads rows as they stand. Accept it with "order_per_epoch: restart", or write the rows out ` +
    'for one pass'
  );
}

async function whyUnmeasurable(gate: Gate, stage: PlannedStage, plan: Plan): Promise<string | null> {
  if (gate.on !== 'evaluation') return null;
  const evaluation = plan.evaluations.find((one) => one.stage === stage.name && one.data.name === gate.data);
  if (evaluation === undefined) return `stage ${stage.name} is not evaluated on "${gate.data}"`;
  const { capabilities, kinds, known } = await readRowFacts(evaluation.data);
  // The run measures what is there, and asks where it is nothing.
  if (!known) return null;
  if (gate.capability !== undefined && !capabilities.includes(gate.capability))
    return `"${gate.data}" has no rows of capability "${gate.capability}"; it has ${capabilities.join(', ')}`;
  if (gate.kind !== undefined && !kinds.includes(gate.kind))
    return `"${gate.data}" has no rows of kind "${gate.kind}"; it has ${kinds.join(', ')}`;
  return null;
}

/**
 * For whoever starts a plan, which may have been made on another host: rows that cannot be read here, trainers that only workers
 * have, and a store that is not on this host are left to the run.
 * @param store folder of the store
 * @throws StagewrightError RecipeInvalid or DiskFull, naming the first stage that is not done and cannot run
 */
export async function refuseBlocked(plan: Plan, store: string): Promise<void> {
  const backends = await listBackends();
  const existing = await openExisting(store);
  let free = existing === null ? Infinity : await freeBytes(store);
  for (const stage of plan.stages) {
    if ((await progressOf(existing, stage.key)).state === 'done') continue;
    const backend = backends.find(({ name }) => name === stage.trainer.name);
    const sets = [stage.data, ...plan.evaluations.filter((one) => one.stage === stage.name).map((one) => one.data)];
    const blocked = sets.every(isHere) ? await whyStageBlocked(stage, plan, backend) : null;
    if (blocked !== null) throw new StagewrightError('RecipeInvalid', blockedWords(stage.name, blocked));
    const need = backend === undefined ? null : await diskNeed(stage, backend);
    const full = need === null ? null : whyNoDisk(need, free, store);
    if (full !== null) throw new StagewrightError('DiskFull', blockedWords(stage.name, full));
    free -= need?.left ?? 0;
  }
}

function isHere({ folder, parts = [], inputs = [] }: Pick<PlannedData, 'folder' | 'parts' | 'inputs'>): boolean {
  const here = folder === null || [ROWS_FILE, CAPTIONS_FILE].some((file) => existsSync(join(folder, file)));
  return here && [...parts, ...inputs].every((one) => isHere(one));
}

export function blockedWords(stage: string, reason: string): string {
  return `stage ${stage} is blocked: ${reason}`;
}
