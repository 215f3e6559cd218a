/**
 * The stages of a plan one after another, in its order or another, some of them or several as one; between two of them the
 * evaluations and gates of the first. Made of the other blocks; `curriculumWorkflow` is this and no more.
 */
import { allHandlersFinished, CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import { describeGate } from '../../core/gate.js';
import { stageId } from '../../core/ids.js';
import type { PlanChange } from '../../core/plan-again.js';
import type { Plan, PlannedStage } from '../../core/plan.js';
import { createCurriculumControl } from '../curriculum-control.js';
import { createCurriculumRun, type CurriculumRun } from '../curriculum-run.js';
import type { CurriculumEnd, Placement, StageEnd } from '../messages.js';
import { planAgain } from './again.js';
import { evaluate } from './evaluate.js';
import { gate } from './gate.js';
import { runStage, type StageOutcome, type StageWeights } from './run-stage.js';

export interface CurriculumOptions {
  /** Stages by name, in this order; names in a list are merged to one stage. Without it all, as planned. */
  readonly order?: readonly (string | string[])[];
  /**
   * Whether it takes the updates and queries of a curriculum for the workflow that calls it (default). `false` where that has
   * handlers of its own; a gate that asks then takes `approve` and `reject` while it waits.
   */
  readonly control?: boolean;
}

/**
 * @example
 * ```ts
 * export async function backwards(plan: Plan, placement: Placement): Promise<string> {
 *   const order = ['visual', ['perception', 'textual']];
 *   return (await capabilityCurriculum(plan, placement, { order })).state;
 * }
 * ```
 */
export async function capabilityCurriculum(
  plan: Plan,
  placement: Placement,
  { order, control = true }: CurriculumOptions = {},
): Promise<CurriculumEnd> {
  const run = createCurriculumRun(plan, placement, control);
  if (control) createCurriculumControl(run);
  try {
    if (order !== undefined) await run.unlessStopped(() => replan(run, { kind: 'arrange', order: [...order] }));
    run.finish((await goThrough(run, control)) ? 'done' : 'stopped');
    if (control) await condition(allHandlersFinished);
    const status = run.status();
    return { state: status.state === 'done' ? 'done' : 'stopped', status };
  } catch (error) {
    run.finish(isCancellation(error) ? 'cancelled' : 'failed');
    if (control) await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    throw error;
  }
}

/** False when it was stopped. */
async function goThrough(run: CurriculumRun, control: boolean): Promise<boolean> {
  while (run.follows) {
    const next = await run.begin();
    if (next === null) return false;
    const outcome = await run.unlessStopped(() => oneStage(run, next, control));
    run.at(run.follows ? 'between' : 'last');
    if (outcome === null || outcome.state === 'stopped') return false;
    const passed = await run.unlessStopped(async () => {
      await evaluations(run, outcome);
      return gates(run, outcome, control);
    });
    if (passed !== true) return false;
  }
  return true;
}

async function oneStage(run: CurriculumRun, planned: PlannedStage, control: boolean): Promise<StageOutcome> {
  const { recipe } = run.plan;
  /** Without updates of its own nobody could resume it. */
  const holdIf = (paused: boolean): boolean => {
    if (!paused || !control) return false;
    run.hold();
    return true;
  };
  const outcome = await runStage(planned, run.placement, {
    recipe,
    starting: (start) => run.starting(start),
    onRun: (stage, whose, runId) => {
      run.at(whose === 'own' ? 'stage' : 'joined', runId);
      if (whose === 'joined')
        run.markStage(stage.key, { reused: true, last_control: `another curriculum runs it: ${stageId(stage.key)}` });
    },
    planAgain: async (stage, change, end) => {
      run.at('between');
      if (end.state !== 'superseded') {
        await replan(run, change);
        return nowOf(run, stage);
      }
      const held = holdIf(end.paused === true);
      run.markStage(stage.key, { state: 'superseded', last_control: end.reason });
      await replan(run, change);
      const now = nowOf(run, stage);
      run.markStage(now.key, { last_control: lineage(stage, end) });
      if (held) {
        run.markStage(now.key, { state: 'paused' });
        run.note(staysPaused(end));
      }
      return now;
    },
  });
  const { key } = outcome.stage;
  // Its child has ended: another run of its key is not ours to change.
  run.at('between');
  switch (outcome.state) {
    case 'stopped':
      run.markStage(key, { state: 'stopped', last_control: `stopped by ${outcome.reason}` });
      break;
    case 'done': {
      const { reused, attempts, result } = outcome;
      run.markStage(key, { state: 'done', reused, attempts, epoch: result.epoch, step: result.step });
      break;
    }
    case 'skipped': {
      run.markStage(key, { state: 'skipped', step: outcome.step, last_control: skipped(outcome) });
      const held = holdIf(outcome.paused && (run.follows || !patched('nothing-to-hold')));
      await replan(run, { kind: 'hand_over', stage: key, weights: outcome.weights });
      // Now the update that skipped it has said its words.
      if (held) run.note(staysPaused(outcome));
      break;
    }
  }
  return outcome;
}

async function evaluations(run: CurriculumRun, after: StageWeights): Promise<void> {
  const { recipe, evaluations: planned } = run.plan;
  for (const evaluation of planned.filter((e) => e.stage === after.stage.name)) {
    run.markEvaluation(evaluation.key, 'running');
    await evaluate(evaluation, run.placement, { recipe });
    run.markEvaluation(evaluation.key, 'done');
  }
}

async function gates(run: CurriculumRun, outcome: StageWeights, control: boolean): Promise<boolean> {
  const { stage } = outcome;
  for (const planned of stage.gates ?? []) {
    const words = describeGate(planned);
    const evaluation =
      planned.on === 'evaluation'
        ? run.plan.evaluations.find((e) => e.stage === stage.name && e.data.name === planned.data)
        : undefined;
    const desk = control ? run.desk(stage, words) : undefined;
    const { passed, state, detail } = await gate(
      planned,
      { stage, evaluation: evaluation ?? null, ...(outcome.state === 'skipped' ? { step: outcome.step } : {}) },
      run.placement,
      desk,
    );
    run.addGate({ stage: stage.name, gate: words, state, detail });
    if (!passed) return false;
  }
  return true;
}

/** What the stage that has begun is by the plan. */
function nowOf(run: CurriculumRun, stage: PlannedStage): PlannedStage {
  return run.plan.stages[run.begun - 1] ?? stage;
}

/** One change at a time: an update may be planning too. */
async function replan(run: CurriculumRun, change: PlanChange): Promise<void> {
  await run.lock.hold(async () => run.replan(await planAgain(run.plan, change, run.placement)));
}

function lineage(before: PlannedStage, end: Extract<StageEnd, { state: 'superseded' }>): string {
  const old = before.key.slice(0, 12);
  if (end.weights !== null) return `break in lineage: starts from weights of ${old}, nothing else of it; ${end.reason}`;
  if (end.continues === null) return `begins anew in place of ${old}; ${end.reason}`;
  return `continues ${end.continues.key.slice(0, 12)} from step ${end.continues.step}; ${end.reason}`;
}

function skipped({ step, reason }: Extract<StageOutcome, { state: 'skipped' }>): string {
  return `break in lineage: the weights of step ${step} are handed over in place of its result; ${reason}`;
}

function staysPaused({ state, reason }: { readonly state: string; readonly reason: string }): string {
  return `${state === 'skipped' ? 'skipped' : 'amended'} while it was paused (${reason}): it stays so until resume`;
}
