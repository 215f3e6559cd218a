/**
 * Where the making of one data set stands: what its loop and its updates share, what the query answers, what the UI is told at each
 * transition. It decides nothing.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
} from '@temporalio/workflow';
import { addSpent, NOTHING_SPENT, type DataStatus, type PlannedPhase, type ShardDone } from '../core/data/work.js';
import { FAILURES } from '../core/failures.js';
import type { PlannedData } from '../core/plan.js';
import type { Question } from '../core/states.js';
import { markAttributes, markQuestion } from './attributes.js';
import { dataDetails } from './details.js';
import type { StageFailure } from './failure.js';
import type { CarriedData, DataInput } from './messages.js';
import { persist as onceMore } from './persist.js';
import { createLock, type Lock } from './updates.js';

export interface DataRun {
  readonly input: DataInput;
  readonly data: PlannedData;
  readonly lock: Lock;
  /** Whether questions are asked here; else a failure that needs a person ends the run, and whoever started it asks. */
  readonly ask: boolean;
  readonly question: Question | null;
  /** By whom and why, once it was stopped. */
  readonly stopped: string | null;
  /** When the first shard began, by the workflow's clock; null before. */
  readonly begun: number | null;
  /** Of the pass at work: its number, and its next shard. */
  readonly phase: number;
  next: number;
  rowsMade: number;

  status(): DataStatus;
  to(state: DataStatus['state']): void;
  begin(phases: readonly PlannedPhase[]): void;
  enter(i: number, phase: PlannedPhase): void;
  leave(): void;
  add(done: ShardDone): void;
  /** All passes are gone through again: what is committed costs nothing. */
  askAgain(): void;
  carry(): CarriedData;
  /** A step until it is done; what must park is asked here, or ends the run. @param onRetry told what a person said to do again */
  persist<T>(work: () => Promise<T>, onRetry?: (failure: StageFailure) => void): Promise<T>;
  /** False when it was stopped. */
  untilStopped(work: () => Promise<boolean>): Promise<boolean>;
  retry(note: string): void;
  stop(note: string): void;
}

export function createDataRun(input: DataInput, data: PlannedData): DataRun {
  const { carried } = input;
  const ask = input.ask !== false;
  let state: DataStatus['state'] = 'inputs';
  let words: string | null = null;
  let total: number | null = carried?.rows ?? null;
  let rowsDone = carried?.rows_done ?? 0;
  let spent = carried?.spent ?? NOTHING_SPENT;
  let begun = carried?.begun ?? null;
  let last = carried?.last ?? null;
  let phase = carried?.phase ?? 0;
  /** Several shards fail for one reason: they wait for one answer. */
  let open: { readonly question: Question; answered: boolean } | null = null;
  let lastFailure: string | null = null;
  let lastControl: string | null = null;
  let stopped: string | null = null;
  let scope: CancellationScope | null = null;

  const told = (): void => {
    setCurrentDetails(dataDetails(run.status()));
    markAttributes(input, {
      status: state === 'inputs' || state === 'asking' || state === 'assembling' ? 'running' : state,
    });
  };
  const run: DataRun = {
    input,
    data,
    ask,
    lock: createLock(),
    get question() {
      return open?.question ?? null;
    },
    get stopped() {
      return stopped;
    },
    get begun() {
      return begun;
    },
    get phase() {
      return phase;
    },
    next: carried?.next ?? 0,
    rowsMade: 0,
    status: () => ({
      name: data.name,
      key: data.key,
      state,
      phase: words,
      rows: total,
      rows_done: rowsDone,
      seconds: begun === null || last === null ? 0 : Math.max(0, (last - begun) / 1000),
      spent,
      question: open?.question ?? null,
      last_failure: lastFailure,
      last_control: lastControl,
    }),
    to(next) {
      if (state === next) return;
      state = next;
      told();
    },
    begin(phases) {
      total = phases.reduce((sum, { rows }) => sum + rows, 0);
      begun ??= Date.now();
    },
    enter(i, planned) {
      if (i !== phase) run.next = 0;
      phase = i;
      words = planned.words;
      state = 'asking';
      told();
    },
    leave() {
      phase += 1;
      run.next = 0;
    },
    add({ rows, unknown: _, ...more }) {
      rowsDone += rows;
      spent = addSpent(spent, more);
      last = Date.now();
      setCurrentDetails(dataDetails(run.status()));
    },
    askAgain() {
      phase = 0;
      run.next = 0;
      rowsDone = 0;
      // What was asked before is found in the shards again.
      spent = NOTHING_SPENT;
    },
    carry: () => ({ rows: total, rows_done: rowsDone, spent, begun, last, phase, next: run.next }),
    persist: <T>(work: () => Promise<T>, onRetry?: (failure: StageFailure) => void) =>
      onceMore<T, never>(work, async (failure) => {
        lastFailure = `${failure.type}: ${failure.message}`;
        if (!ask) throw ApplicationFailure.nonRetryable(failure.message, failure.type);
        await asked(failure);
        onRetry?.(failure);
        return null;
      }),
    async untilStopped(work) {
      const own = new CancellationScope();
      scope = own;
      try {
        return await own.run(work);
      } catch (error) {
        if (stopped === null || CancellationScope.current().consideredCancelled || !isCancellation(error)) throw error;
        run.to('stopped');
        return false;
      } finally {
        scope = null;
      }
    },
    retry(note) {
      lastControl = note;
      if (open !== null) open.answered = true;
      open = null;
      state = 'asking';
      told();
    },
    stop(note) {
      lastControl = note;
      stopped = note;
      open = null;
      told();
      scope?.cancel();
    },
  };
  const asked = async (failure: StageFailure): Promise<void> => {
    if (open === null) {
      open = { question: questionOf(failure), answered: false };
      state = 'waiting';
      markQuestion(open.question);
      told();
    }
    const mine = open;
    await condition(() => mine.answered);
  };
  markAttributes(input, {
    ...(input.recipe === undefined ? {} : { recipe: input.recipe }),
    stage: data.name,
    status: 'running',
  });
  told();
  return run;
}

function questionOf({ type, message }: StageFailure): Question {
  return {
    type,
    reason: message,
    question: `${FAILURES[type].meaning} What now? retry: ask what has no answer yet; stop: end it here (what was answered stays).`,
    choices: ['retry', 'stop'],
  };
}
