/**
 * Taking the device away from a stage and letting it go on: its work runs in a cancellation scope of its own, which an update
 * cancels, never the workflow's. What an update is for is not known here.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import { describeControl, isOpen, type By, type StageUpdate } from '../core/control.js';
import { isGone } from './failure.js';
import type { StageEnd } from './messages.js';
import type { StageRun } from './stage-run.js';
import { refuse } from './updates.js';

export interface StageHold {
  /** Does the work until it ends by itself (its value) or an update stopped it (null). */
  work<T>(work: () => Promise<T>): Promise<T | null>;
  /** No update is being carried out, and it is not paused. */
  free(): boolean;
  pause(by: By): Promise<void>;
  resume(by: By): Promise<void>;
  /** Stops what runs, does `then`, and lets the work go on unless that ended the stage. A stage that waits keeps its question. */
  withoutRun(then: () => Promise<void> | void): Promise<void>;
  finish(end: StageEnd): void;
  /** What was done last, for people. */
  note(update: StageUpdate, by: By, more?: string): void;
}

export function createStageHold(run: StageRun): StageHold {
  let scope: CancellationScope | null = null;
  let pausedBy: By | null = null;

  const note = (update: StageUpdate, by: By, more = ''): void => {
    run.lastControl = `${describeControl(update, by)}${more}`;
  };
  /** Resolves when no work is under way: what trained has stopped and its devices are free. */
  const halted = async (): Promise<void> => {
    await condition(() => scope === null || !isOpen(run.state));
    if (!isOpen(run.state)) throw refuse(`the stage ended meanwhile: it is ${run.state}`);
  };
  const halt = (): void => {
    run.to('pausing');
    scope?.cancel();
  };
  const settlePause = (): void => {
    if (pausedBy === null || run.state === 'paused' || !isOpen(run.state)) return;
    note('pause', pausedBy, whereStopped(run));
    run.to('paused');
  };

  return {
    note,
    free: () => pausedBy === null && !run.lock.busy(),
    async work(work) {
      const own = new CancellationScope();
      scope = own;
      run.stopped = null;
      try {
        return await own.run(work);
      } catch (error) {
        // Our own cancel, or the workflow's, which is above it.
        if (CancellationScope.current().consideredCancelled || !own.consideredCancelled) throw error;
        settlePause();
        return null;
      } finally {
        scope = null;
      }
    },
    async pause(by) {
      const trains = run.state === 'running';
      pausedBy = by;
      halt();
      // What trains takes its time to save: the caller sees `pausing` at once.
      if (trains) return;
      await halted();
      settlePause();
    },
    async resume(by) {
      await halted();
      settlePause();
      pausedBy = null;
      note('resume', by);
      run.to('queued');
    },
    async withoutRun(then) {
      if (!isOpen(run.state)) throw refuse(`the stage ended meanwhile: it is ${run.state}`);
      if (run.state === 'running' || run.state === 'queued' || run.state === 'pausing') {
        halt();
        await halted();
      }
      try {
        await then();
      } finally {
        settlePause();
        if (run.state === 'pausing') run.to('queued');
      }
    },
    finish(end) {
      if (pausedBy !== null && (end.state === 'skipped' || end.state === 'superseded')) {
        run.end = { ...end, paused: true };
        run.lastControl = `${run.lastControl ?? ''}; it stays paused until resume`;
      } else run.end = end;
      run.to(end.state);
      // A parked stage is still inside its work.
      scope?.cancel();
    },
  };
}

function whereStopped({ stage, stopped }: StageRun): string {
  if (stopped === null) return '';
  if ('failure' in stopped) {
    const { type, message } = stopped.failure;
    return isGone(type)
      ? ' (its host did not answer: what runs there stops by itself)'
      : ` (its device may still be taken: ${type}: ${message})`;
  }
  const { step, manifest } = stopped;
  const safe = manifest?.step ?? stage.continues?.step ?? 0;
  if (step === null) return ` (goes on from step ${safe})`;
  const again = step - safe;
  return ` at step ${step} (${again} ${again === 1 ? 'step' : 'steps'} to be done again)`;
}
