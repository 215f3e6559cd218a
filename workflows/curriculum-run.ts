/**
 * Where one run of a curriculum stands: its plan as it is now, the rows of its status, and whether it holds or stops before the
 * next stage. What its loop (blocks/capability-curriculum.ts) and its updates (curriculum-control.ts) share; it decides nothing.
 */
import { CancellationScope, condition, patched, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import { isOpen, type Place } from '../core/control.js';
import type { Plan, PlannedStage } from '../core/plan.js';
import type { CurriculumState, CurriculumStatus, GateStatus, Question, StageStatus } from '../core/states.js';
import { markAttributes, markQuestion } from './attributes.js';
import type { Decision, Desk } from './blocks/gate.js';
import { curriculumDetails } from './details.js';
import { CHANGED_PLAN_MEMO, type Placement } from './messages.js';
import { createLock, type Lock } from './updates.js';

type EvaluationState = CurriculumStatus['evaluations'][number]['state'];

export interface CurriculumRun {
  readonly placement: Placement;
  /** One change of the plan at a time, whoever makes it. */
  readonly lock: Lock;
  readonly plan: Plan;
  /** Stages of the plan that have begun; those that follow may be amended. */
  readonly begun: number;
  /** Whether a stage is still to begin. */
  readonly follows: boolean;
  readonly place: Place;
  status(): CurriculumStatus;
  /** The stage at work. */
  current(): PlannedStage | null;
  /** First run of our own child, which trains it. */
  readonly childRunId: string | null;

  /** Waits while it is held or a change is being made. Null when nothing may begin any more. */
  begin(): Promise<PlannedStage | null>;
  at(place: Exclude<Place, 'held'>, childRunId?: string): void;
  /** Starts a child while no update can come between: afterwards one knows whose stage it is. Waits while it is held. */
  starting<T>(start: () => Promise<T>): Promise<T>;
  /** Null when it was stopped meanwhile. */
  unlessStopped<T>(work: () => Promise<T>): Promise<T | null>;
  /** Puts another plan in place of what has not begun; the stage at work may have become another. */
  replan(plan: Plan): void;
  markStage(key: string, change: Partial<StageStatus>): void;
  markEvaluation(key: string, state: EvaluationState): void;
  addGate(gate: GateStatus): void;
  desk(stage: PlannedStage, gate: string): Desk;
  /** Resolves when it has ended, however. */
  ended(): Promise<void>;
  finish(state: Exclude<CurriculumState, 'running' | 'paused' | 'waiting'>): void;

  hold(): void;
  release(): void;
  stop(): void;
  decide(decision: Decision): void;
  /** A person's change, in words. */
  note(text: string): void;
}

/** @param shown whether it speaks for its workflow: details for the UI, search attributes */
export function createCurriculumRun(planned: Plan, placement: Placement, shown: boolean): CurriculumRun {
  const lock = createLock();
  let plan = planned;
  let begun = 0;
  let place: Exclude<Place, 'held'> = 'between';
  let held = false;
  let childRunId: string | null = null;
  let stopped = false;
  let scope: CancellationScope | null = null;
  let ended: CurriculumState | null = null;
  let decision: Decision | null = null;
  let question: Question | null = null;
  let lastControl: string | null = null;
  let past: StageStatus[] = [];
  let evaluations = rowsOfEvaluations(plan);
  let gates: GateStatus[] = [];

  const state = (): CurriculumState => ended ?? (place === 'gate' ? 'waiting' : held ? 'paused' : 'running');
  const status = (): CurriculumStatus => ({
    recipe: planned.recipe,
    plan_hash: planned.hash,
    state: state(),
    stages: [...past, ...plan.stages.slice(begun).map(rowOfStage)],
    evaluations,
    gates,
    question,
    last_control: lastControl,
  });
  const placeNow = (): Place => (place === 'between' && held ? 'held' : place);
  const told = (): void => {
    if (!shown) return;
    setCurrentDetails(curriculumDetails(status(), placeNow()));
    markAttributes(placement, { status: state() });
  };
  if (shown) {
    const backbone = plan.stages[0]?.model.name;
    markAttributes(placement, {
      recipe: plan.recipe,
      ...(backbone === undefined ? {} : { backbone }),
      status: state(),
    });
    told();
  }

  return {
    placement,
    lock,
    get plan() {
      return plan;
    },
    get begun() {
      return begun;
    },
    get follows() {
      return begun < plan.stages.length;
    },
    get place() {
      return placeNow();
    },
    get childRunId() {
      return childRunId;
    },
    status,
    current: () => (place === 'stage' || place === 'joined' ? (plan.stages[begun - 1] ?? null) : null),

    async begin() {
      const may = (): boolean => stopped || (!held && !lock.busy());
      while (!may()) await condition(may);
      if (stopped) return null;
      const stage = plan.stages[begun];
      if (stage === undefined) return null;
      begun += 1;
      past = [...past, { ...rowOfStage(stage), state: 'running' }];
      told();
      return stage;
    },
    async starting(start) {
      for (;;) {
        await condition(() => !held);
        const started = await lock.hold(async () => (held ? null : { child: await start() }));
        if (started !== null) return started.child;
      }
    },
    at(next, runId) {
      // Accepted when a stage was still to start; that turned out to be done already.
      if (next === 'last' && held && patched('nothing-to-hold')) {
        held = false;
        lastControl = `${lastControl ?? ''}; no stage was left to hold back`;
      }
      place = next;
      childRunId = runId ?? null;
      told();
    },
    async unlessStopped(work) {
      if (stopped) return null;
      const own = new CancellationScope();
      scope = own;
      try {
        return await own.run(work);
      } catch (error) {
        if (CancellationScope.current().consideredCancelled || !own.consideredCancelled) throw error;
        return null;
      } finally {
        scope = null;
      }
    },
    replan(next) {
      if (shown && next.hash !== planned.hash) upsertMemo({ [CHANGED_PLAN_MEMO]: next.hash });
      const now = plan.stages[begun - 1];
      plan = next;
      const then = plan.stages[begun - 1];
      if (then !== undefined && now !== undefined && now.key !== then.key)
        past = [...past, { ...rowOfStage(then), state: 'running' }];
      const kept = evaluations.filter((row) => row.state !== 'queued');
      const known = new Set(kept.map((row) => row.key));
      evaluations = [...kept, ...rowsOfEvaluations(plan).filter((row) => !known.has(row.key))];
      told();
    },
    markStage(key, change) {
      past = past.map((row) => (row.key === key ? { ...row, ...change } : row));
      told();
    },
    markEvaluation(key, to) {
      evaluations = evaluations.map((row) => (row.key === key ? { ...row, state: to } : row));
    },
    addGate(gate) {
      gates = [...gates.filter((row) => row.state !== 'waiting'), gate];
      told();
    },
    desk: (stage, gate) => ({
      async decide(asked) {
        gates = [...gates, { stage: stage.name, gate, state: 'waiting', detail: asked.reason }];
        question = asked;
        markQuestion(asked);
        decision = null;
        const before = place;
        place = 'gate';
        told();
        try {
          await condition(() => decision !== null);
        } finally {
          question = null;
          place = before;
          if (decision === null)
            gates = gates.map((row) => (row.state === 'waiting' ? { ...row, state: 'stopped' } : row));
        }
        told();
        // The condition above is the only way here; the compiler cannot see the assignment.
        return decision as unknown as Decision;
      },
    }),
    ended: () => condition(() => ended !== null),
    finish(last) {
      ended = last;
      // What began and has no end of its own ended with the curriculum.
      if (last !== 'done') past = past.map((row) => (isOpen(row.state) ? { ...row, state: last } : row));
      told();
    },

    hold() {
      held = true;
      told();
    },
    release() {
      held = false;
      // No child is at work while it is held: what is paused in these rows was held back by us.
      past = past.map((row) => (row.state === 'paused' ? { ...row, state: 'running' } : row));
      told();
    },
    stop() {
      stopped = true;
      scope?.cancel();
    },
    decide(given) {
      decision = given;
      question = null;
      place = 'between';
      told();
    },
    note(text) {
      lastControl = text;
      told();
    },
  };
}

function rowOfStage(stage: PlannedStage): StageStatus {
  return {
    name: stage.name,
    key: stage.key,
    state: 'queued',
    reused: false,
    attempts: 0,
    host: null,
    epoch: null,
    step: null,
    planned_steps: stage.objective.training.steps,
    question: null,
    last_failure: null,
    last_control: null,
  };
}

function rowsOfEvaluations({ evaluations }: Plan): CurriculumStatus['evaluations'] {
  return evaluations.map(({ stage, data, key }) => ({ stage, data: data.name, key, state: 'queued' }));
}
