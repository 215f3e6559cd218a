/**
 * Where one stage's run stands: what its loop and its updates share, what the query answers, and what the UI is told at each
 * transition. It decides nothing.
 */
import { CancelledFailure, condition, patched, setCurrentDetails } from '@temporalio/workflow';
import type { Grant, Stopped } from '../activities/contracts.js';
import { amendStage, type SettingChanges } from '../core/amend.js';
import type { CheckpointRef } from '../core/checkpoint.js';
import type { PlannedStage } from '../core/plan.js';
import type { Question, StageState, StageStatus } from '../core/states.js';
import { markAttributes, markQuestion } from './attributes.js';
import { stageDetails } from './details.js';
import { throwIfCancelled } from './failure.js';
import type { StageFailure } from './failure.js';
import type { StageEnd, StageInput } from './messages.js';
import { createLock, type Lock } from './updates.js';

export interface StageRun {
  readonly input: StageInput;
  /** One update at a time. */
  readonly lock: Lock;
  /** With the settings that were changed on the way. */
  readonly stage: PlannedStage;
  readonly state: StageState;
  readonly question: Question | null;
  /** Set once, by an update: how the stage ends without a result of its own. */
  end: StageEnd | null;
  attempts: number;
  /** The last one, also after it was given back. */
  grant: Grant | null;
  /** What was stopped last, for an update or a cancel, or why it could not be. Null = nothing ran. */
  stopped: Stopped | { readonly failure: StageFailure } | null;
  /** Newest checkpoint that an attempt began with: a newer one is progress. */
  reached: CheckpointRef | null;
  /** Step that an attempt goes on from, or went on from. */
  step: number | null;
  /** The next attempt forgets all checkpoints. */
  fromStart: boolean;
  lastFailure: string | null;
  lastControl: string | null;
  /** Settings outside the key that were changed on the way. */
  readonly set: SettingChanges;
  status(): StageStatus;
  to(state: StageState): void;
  /** The same from within the work: not once the work is cancelled, since whoever did that says where the stage stands. */
  reach(state: 'queued' | 'running' | 'waiting'): void;
  /** Execution settings, gates and the like: the stage stays what it is. */
  change(set: SettingChanges): void;
  /** Parks: resolves when a person says how to go on. No device is held, no event is made. */
  ask(question: Question): Promise<{ restart: boolean }>;
  /** Answers the open question. */
  goOn(answer: { restart: boolean }): void;
}

export function createStageRun(input: StageInput, planned: PlannedStage): StageRun {
  const { carried } = input;
  const lock = createLock();
  let stage = planned;
  let state: StageState = 'queued';
  let set: SettingChanges = carried?.set ?? {};
  let open: { readonly question: Question; answer: { restart: boolean } | null } | null = null;
  const told = (): void => {
    setCurrentDetails(stageDetails(run.status()));
    markAttributes(input, { status: state });
  };
  const run: StageRun = {
    input,
    lock,
    get stage() {
      return stage;
    },
    get state() {
      return state;
    },
    get question() {
      return open?.answer === null ? open.question : null;
    },
    get set() {
      return set;
    },
    end: null,
    attempts: carried?.attempts ?? 0,
    grant: null,
    stopped: null,
    reached: null,
    step: null,
    fromStart: false,
    lastFailure: carried?.last_failure ?? null,
    lastControl: carried?.last_control ?? null,
    status: () => ({
      name: stage.name,
      key: stage.key,
      state,
      reused: false,
      attempts: run.attempts,
      host: run.grant?.host ?? null,
      epoch: run.grant?.epoch ?? null,
      step: run.step,
      planned_steps: stage.objective.training.steps,
      question: run.question,
      last_failure: run.lastFailure,
      last_control: run.lastControl,
    }),
    to(next) {
      state = next;
      told();
    },
    reach(next) {
      throwIfCancelled(new CancelledFailure('cancelled'));
      if (state !== next) run.to(next);
    },
    change(changes) {
      stage = amendStage(stage, changes);
      set = { ...set, ...changes };
    },
    async ask(question) {
      const asked: NonNullable<typeof open> = { question, answer: null };
      open = asked;
      try {
        run.reach('waiting');
        if (patched('question-marked')) markQuestion(question);
        // The answer's own update completes first, as it did in version 0.1: histories hold that order.
        await condition(() => asked.answer !== null && !lock.busy());
      } finally {
        open = null;
      }
      return asked.answer ?? { restart: false };
    },
    goOn(answer) {
      if (open !== null) open.answer = answer;
      run.to('queued');
    },
  };
  markAttributes(input, {
    ...(input.recipe === undefined ? {} : { recipe: input.recipe }),
    stage: stage.name,
    backbone: stage.model.name,
    status: state,
  });
  told();
  return run;
}
