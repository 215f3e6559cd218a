/** The report's figures as plain JSON: what the page shows and `--json` prints. Counted from the store's records; pure. */
import { canonicalJson } from '../../core/canonical-json.js';
import type { HashedFile } from '../../core/checkpoint.js';
import type { Plan, PlannedStage } from '../../core/plan.js';
import { redact } from '../../core/secrets.js';
import type { StageState } from '../../core/states.js';
import { accuracyByStage, type AccuracyTable, type KindCapabilities } from './accuracy.js';
import { gateFigures, type GateFigure } from './gates.js';
import type { RunHistory } from './history.js';
import type { Origin } from './origin.js';
import type { Attempt, RecipeResults, StageResults } from './results.js';
import type { RunEvent } from './run-events.js';
import type { Split } from './tails.js';

export interface AttemptFigures {
  readonly epoch: number;
  readonly host: string;
  readonly devices: readonly string[];
  readonly claimed_at: string;
  /** Step that it began after; 0 = the stage's start. */
  readonly from_step: number;
  readonly last_step: number | null;
  /** Steps of it that count, and those that were overtaken. */
  readonly counted_steps: number;
  readonly overtaken_steps: number;
  readonly passed_over: Attempt['claim']['passed_over'];
  /** A failure type, `done`, `stopped`, `gone`, `superseded`; null while it runs or when nobody saw it end. */
  readonly ended: string | null;
  readonly ended_at: string | null;
  readonly checkpoints: readonly number[];
}
export interface SettingChange {
  readonly setting: string;
  readonly from: unknown;
  readonly to: unknown;
}
export interface StageFigures {
  readonly name: string;
  readonly key: string;
  readonly capability: string;
  readonly state: StageState | 'not started' | 'unfinished';
  readonly origin: Origin;
  readonly planned_steps: number;
  readonly counted_steps: number;
  readonly overtaken_steps: number;
  /** Of training, by the trainer's own clock: of what counts, and of all attempts. */
  readonly counted_seconds: number;
  readonly all_seconds: number;
  readonly tokens: number;
  readonly left: StageResults['left'];
  /** Against the stage that it stands in place of; empty for one that is as it was asked for. */
  readonly changes: readonly SettingChange[];
  readonly attempts: readonly AttemptFigures[];
  readonly weights: readonly HashedFile[];
  /** Of each number of the training log: mean of the first and of the last steps that count. */
  readonly metrics: Readonly<Record<string, { readonly first: number; readonly last: number; readonly n: number }>>;
}
export interface RecipeFigures {
  readonly recipe: string;
  readonly seed: number;
  readonly plan: string;
  /** Another than `plan` where the run was changed under way. */
  readonly asked_plan: string;
  readonly stages: readonly StageFigures[];
  readonly accuracy: readonly AccuracyTable[];
  readonly gates: readonly GateFigure[];
  /** What a server told; `missing` says why it is not here. */
  readonly history: { readonly missing: string | null; readonly events: readonly RunEvent[] };
}

/** Steps that `metrics` averages over at either end. */
export const END_STEPS = 10;

export function recipeFigures(results: RecipeResults, kinds: KindCapabilities, history: RunHistory): RecipeFigures {
  const { asked, plan, stages } = results;
  const status = history.kind === 'read' ? history.status : null;
  return {
    recipe: plan.recipe,
    seed: plan.seed,
    plan: plan.hash,
    asked_plan: asked.hash,
    stages: stages.map((stage) => ({
      ...stageFigures(stage, status?.stages.find((s) => s.key === stage.stage.key)?.state),
      changes: changesOf(stage, results),
    })),
    accuracy: accuracyByStage(results, kinds),
    gates: gateFigures(results, status),
    history:
      history.kind === 'missing'
        ? { missing: history.why, events: [] }
        : { missing: null, events: history.events.map((event) => ({ ...event, text: redact(event.text) })) },
  };
}

function stageFigures(results: StageResults, told?: StageState): Omit<StageFigures, 'changes'> {
  const { stage, result, attempts, splits, metrics, origin, left } = results;
  const tails = splits.flatMap((split) => split.tail);
  const seconds = (lines: readonly { readonly seconds: number }[]): number =>
    lines.reduce((sum, line) => sum + line.seconds, 0);
  return {
    name: stage.name,
    key: stage.key,
    capability: stage.capability,
    state: stateOf(results, told),
    origin,
    planned_steps: stage.objective.training.steps,
    counted_steps: metrics.length,
    overtaken_steps: tails.length,
    counted_seconds: seconds(metrics),
    all_seconds: seconds(metrics) + seconds(tails),
    tokens: metrics.reduce((sum, line) => sum + line.tokens, 0),
    left,
    attempts: attempts.map((attempt, i) => attemptFigures(attempt, splits[i], stage.continues?.step ?? 0)),
    weights: result?.export.files ?? [],
    metrics: ends(metrics),
  };
}

function changesOf({ stage, origin }: StageResults, { asked, stages }: RecipeResults): SettingChange[] {
  const isAmended = origin.kind === 'continues' || origin.kind === 'weights_only';
  const before = isAmended
    ? stages.find((other) => other.stage.key === origin.key)?.stage
    : asked.stages.find((other) => other.name === stage.name);
  if (before === undefined) return [];
  const [from, to] = [settingsOf(before), settingsOf(stage)];
  return Object.keys(to)
    .filter((name) => canonicalJson(from[name] ?? null) !== canonicalJson(to[name] ?? null))
    .map((setting) => ({ setting, from: from[setting] ?? null, to: to[setting] ?? null }));
}

/** Dotted, as `amend --set` names them. */
function settingsOf({ objective, execution, checkpoints, gates, order, seed }: PlannedStage): Record<string, unknown> {
  const dotted = (section: string, of: Readonly<Record<string, unknown>>): [string, unknown][] =>
    Object.entries(of).map(([name, value]) => [`${section}.${name}`, value]);
  return Object.fromEntries([
    ...dotted('training', objective.training),
    ...dotted('execution', execution),
    ...dotted('checkpoints', checkpoints),
    ['gates', gates ?? []],
    ['order', order],
    ['seed', seed],
  ]);
}

/** The store's word first: a result is one, whatever a server says. */
function stateOf({ result, left, attempts }: StageResults, told?: StageState): StageFigures['state'] {
  if (result !== null) return 'done';
  if (left !== null) return left.how;
  return told ?? (attempts.length === 0 ? 'not started' : 'unfinished');
}

function attemptFigures(
  { claim, end, checkpoints }: Attempt,
  split: Split | undefined,
  begins: number,
): AttemptFigures {
  const { epoch, host, devices, claimed_at, resume_from, passed_over } = claim;
  const { counted = [], tail = [] } = split ?? {};
  return {
    epoch,
    host,
    devices,
    claimed_at,
    from_step: resume_from?.step ?? begins,
    last_step: tail.at(-1)?.step ?? counted.at(-1)?.step ?? null,
    counted_steps: counted.length,
    overtaken_steps: tail.length,
    passed_over,
    ended: end?.how ?? null,
    ended_at: end?.ended_at ?? null,
    checkpoints,
  };
}

function ends(lines: StageResults['metrics']): StageFigures['metrics'] {
  const names = Object.entries(lines[0] ?? {}).flatMap(([name, value]) =>
    typeof value === 'number' && name !== 'step' ? [name] : [],
  );
  const mean = (part: StageResults['metrics'], name: string): number =>
    part.reduce((sum, line) => sum + Number((line as Readonly<Record<string, unknown>>)[name]), 0) / part.length;
  return Object.fromEntries(
    names.map((name) => [
      name,
      { first: mean(lines.slice(0, END_STEPS), name), last: mean(lines.slice(-END_STEPS), name), n: lines.length },
    ]),
  );
}

/** Whether the run was changed under way. */
export function wasChanged({ asked, plan }: { readonly asked: Plan; readonly plan: Plan }): boolean {
  return asked.hash !== plan.hash;
}
