/**
 * What must hold after a stage before the next one starts: a bound on a metric, or a person's approval. It measures by an activity,
 * judges by core/gate.ts, and asks at a desk; what a curriculum makes of the answer is its own affair.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { describeControl, type By } from '../../core/control.js';
import type { FailureType } from '../../core/failures.js';
import { describeGate, gateSchema, whyFailed, type MeasuredGate } from '../../core/gate.js';
import type { PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import type { GateStatus, Question } from '../../core/states.js';
import type { Placement } from '../messages.js';
import { persist, waitOut } from '../persist.js';
import { storeActivities } from '../proxies.js';
import { createDesk } from './desk.js';

export interface Decision {
  readonly approved: boolean;
  readonly by: By;
}
/** Where a person is asked. */
export interface Desk {
  decide(question: Question): Promise<Decision>;
}

export interface GateOutcome {
  /** Whether the next stage may start. */
  readonly passed: boolean;
  readonly state: GateStatus['state'];
  /** What was measured, and who decided. */
  readonly detail: string;
}

export interface GateSubject {
  readonly stage: PlannedStage;
  /** For a gate on an evaluation: the one that was done. */
  readonly evaluation?: PlannedEvaluation | null;
  /** Of a stage that was skipped: the step whose weights were handed over. */
  readonly step?: number;
}

/**
 * @param asked as in a recipe; defaults may be left out
 * @param desk without it the workflow takes `approve` and `reject` for as long as this gate waits: one gate at a time then
 * @example
 * ```ts
 * export async function sightBeforeThought(see: PlannedStage, think: PlannedStage, placement: Placement): Promise<string> {
 *   const seen = await runStage(see, placement);
 *   if (seen.state === 'stopped') return seen.reason;
 *   const sharp = await gate({ on: 'training', metric: 'accuracy', min: 0.9 }, { stage: seen.stage }, placement);
 *   if (!sharp.passed) return sharp.detail;
 *   const thought = await runStage(think, placement, { after: seen });
 *   return thought.state;
 * }
 * ```
 */
export async function gate(
  asked: z.input<typeof gateSchema>,
  subject: GateSubject,
  placement: Placement,
  desk: Desk = createDesk(),
): Promise<GateOutcome> {
  const parsed = gateSchema.safeParse(asked);
  if (!parsed.success) throw invalid(`not a gate: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  const checked = parsed.data;
  const where = `gate after ${subject.stage.name}`;
  if (checked.on === 'approval') return ask(desk, `${where} needs an approval`, checked.question);
  const found = await measure(checked, subject, placement);
  const why = 'unmeasurable' in found ? found.unmeasurable : whyFailed(checked, found);
  if (why === null) return { passed: true, state: 'passed', detail: told(checked, found) };
  // What cannot be measured is a mistake in the recipe: nobody meant it to pass or to stop by that.
  switch ('unmeasurable' in found ? 'ask' : checked.on_failure) {
    case 'warn':
      return { passed: true, state: 'warned', detail: why };
    case 'stop':
      return { passed: false, state: 'stopped', detail: why };
    case 'ask':
      return ask(desk, `${where} is not passed: ${why}`, 'Go on all the same?');
  }
}

type Found = { readonly value: number; readonly n: number } | { readonly unmeasurable: string };

async function measure(checked: MeasuredGate, subject: GateSubject, placement: Placement): Promise<Found> {
  const { stage, evaluation = null, step } = subject;
  if (checked.on === 'evaluation' && evaluation === null)
    return { unmeasurable: `there is no evaluation of ${stage.name} on ${checked.data}` };
  const store = storeActivities(placement, `${stage.name}: ${describeGate(checked)}`);
  const wait = waitOut();
  return persist<Found, Found>(
    () => store.measureGate({ gate: checked, stage, evaluation, ...(step === undefined ? {} : { up_to: step }) }),
    async (failure, tries) =>
      failure.type === 'GateUnmeasurable' ? { unmeasurable: failure.message } : wait(failure, tries),
  );
}

async function ask(desk: Desk, reason: string, question: string): Promise<GateOutcome> {
  const { approved, by } = await desk.decide({
    type: 'Gate',
    reason,
    question: `${question} approve: go on; reject: end here.`,
    choices: ['approve', 'reject'],
  });
  const detail = `${describeControl(approved ? 'approve' : 'reject', by)} (${reason})`;
  return { passed: approved, state: approved ? 'approved' : 'rejected', detail };
}

function told(checked: MeasuredGate, found: Found): string {
  return 'unmeasurable' in found
    ? found.unmeasurable
    : `${describeGate(checked)} is ${found.value.toFixed(4)} (n = ${found.n})`;
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'RecipeInvalid' satisfies FailureType);
}
