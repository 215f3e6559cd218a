/**
 * Updates of a running stage: judged by core/control.ts, carried out here. Whatever takes the device away stops the run first; an
 * update that then fails leaves the stage as it was. Training itself is attempts.ts, what follows an end is whoever started it.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { CheckpointAt, FoundCheckpoints } from '../activities/contracts.js';
import { amendStage, isOtherStage, positionBreakers } from '../core/amend.js';
import { assertNever } from '../core/assert-never.js';
import {
  amendSchema,
  describeControl,
  isOpen,
  judgeStage,
  pauseSchema,
  resumeSchema,
  retrySchema,
  skipSchema,
  stopSchema,
  type Amend,
  type By,
  type StageUpdate,
} from '../core/control.js';
import type { CheckpointOf } from '../core/plan.js';
import { answerSchema, type Answer } from '../core/states.js';
import { answerUpdate, stageUpdates } from './messages.js';
import { storeActivities } from './proxies.js';
import type { StageRun } from './stage-run.js';
import { createLock, onBehalf, orRefuse, refuse, takeUpdate } from './updates.js';

export interface StageControl {
  /** Does the work until it ends by itself (its value) or an update stopped it (null). */
  work<T>(work: () => Promise<T>): Promise<T | null>;
  /** No update is being carried out, and it is not paused. */
  free(): boolean;
}

/** Registers the handlers: call once, before the first await. */
export function createStageControl(run: StageRun): StageControl {
  const lock = createLock();
  /** Of the work: cancelled to stop it. Never the workflow's own. */
  let scope: CancellationScope | null = null;
  let pausedBy: By | null = null;
  const store = () => storeActivities(run.input, run.stage.name);
  const find = (step: number | null): Promise<FoundCheckpoints> =>
    onBehalf(() => store().findCheckpoint({ stage: run.stage, step }));
  /** Null when the stage has none yet. */
  const newest = async (): Promise<CheckpointAt | null> => (await find(null)).checkpoint;
  const named = async (step: number): Promise<CheckpointAt> => {
    const { checkpoint, steps } = await find(step);
    if (checkpoint === null) throw refuse(`no whole checkpoint of step ${step}; ${whatThereIs(run, steps)}`);
    return checkpoint;
  };

  const allowed = (update: StageUpdate): void => {
    const judged = judgeStage(run.state, update);
    if (!judged.accepted) throw refuse(judged.message);
  };
  const note = (update: StageUpdate, by: By, more = ''): void => {
    run.lastControl = `${describeControl(update, by)}${more}`;
  };
  /** Resolves when no work is under way; what trained has stopped and its devices are free. */
  const halted = async (): Promise<void> => {
    await condition(() => scope === null || !isOpen(run.state));
    if (!isOpen(run.state)) throw refuse(`the stage ended meanwhile: it is ${run.state}`);
  };
  /** Stops what runs, does `then`, and lets the work go on unless that ended the stage. */
  const withoutRun = async (then: () => Promise<void> | void): Promise<void> => {
    if (run.state === 'running' || run.state === 'queued' || run.state === 'pausing') {
      run.to('pausing');
      scope?.cancel();
      await halted();
    }
    try {
      await then();
    } finally {
      if (run.state === 'pausing') run.to(pausedBy === null ? 'queued' : 'paused');
    }
  };
  const settlePause = (): void => {
    if (pausedBy === null || run.state !== 'pausing') return;
    note('pause', pausedBy, whereStopped(run));
    run.to('paused');
  };
  const finish = (end: NonNullable<StageRun['end']>): void => {
    run.end = end;
    run.to(end.state);
    // A parked stage is still inside its work.
    scope?.cancel();
  };
  const because = ({ actor, reason }: By): string => (reason === '' ? actor : `${actor}: ${reason}`);

  const stop = (by: By): Promise<void> =>
    withoutRun(() => {
      const reason = by.reason || run.question?.reason || 'stopped';
      note('stop', by);
      finish({ state: 'stopped', reason: `${by.actor}: ${reason}` });
    });

  const skip = async (by: By, step: number | undefined): Promise<void> => {
    const handOver = async (checkpoint: CheckpointAt): Promise<() => void> => {
      const result = await onBehalf(() => store().exportCheckpoint({ stage: run.stage, checkpoint }));
      return () => {
        note('skip', by, ` (weights of step ${checkpoint.step})`);
        finish({ state: 'skipped', result, step: checkpoint.step, reason: because(by), set: run.set });
      };
    };
    const { parent } = run.stage;
    if (step === 0 && parent !== null) {
      const result = await onBehalf(() => store().takeOver(parent));
      await withoutRun(() => {
        note('skip', by, ' (weights that it started from)');
        finish({ state: 'skipped', result, step: 0, reason: because(by), set: run.set });
      });
    } else if (step !== undefined) {
      // A named checkpoint is exported while the stage trains on: nothing is lost if it cannot be.
      const end = await handOver(await named(step));
      await withoutRun(end);
    } else {
      await withoutRun(async () => {
        const checkpoint = await newest();
        if (checkpoint === null) throw refuse(`the stage has no whole checkpoint yet; ${whatThereIs(run, [])}`);
        (await handOver(checkpoint))();
      });
    }
  };

  const amend = async (by: Amend): Promise<void> => {
    const amended = amendStage(run.stage, by.set);
    if (by.from === undefined && !by.weights_only && !isOtherStage(run.stage, amended)) {
      const sections = new Set(Object.keys(by.set).map((path) => path.split('.')[0]));
      const keep = (): void => {
        run.change(by.set);
        note('amend', by, ` (${Object.keys(by.set).join(', ')})`);
        if (run.state === 'waiting') run.goOn({ restart: false });
      };
      // Gates are asked after the stage: no reason to disturb it.
      if (sections.size === 1 && sections.has('gates')) keep();
      else await withoutRun(keep);
      return;
    }
    const checkpoint = async (): Promise<CheckpointAt | null> => {
      if (by.from === undefined) return newest();
      return by.from === 0 ? null : named(by.from);
    };
    const fits = (at: CheckpointAt | null): void => {
      const { steps } = amended.objective.training;
      if (at !== null && !by.weights_only && steps <= at.step)
        throw refuse(
          `training.steps ${steps} is not above the checkpoint's step ${at.step}; name an earlier one in from`,
        );
    };
    // What can be refused is refused before the run is disturbed.
    fits(await checkpoint());
    await withoutRun(async () => {
      const at = await checkpoint();
      fits(at);
      if (at === null && run.stage.continues === undefined && !isOtherStage(run.stage, amended))
        throw refuse('the stage has no whole checkpoint yet: with the settings that it has there is nothing to change');
      const weights =
        at === null || !by.weights_only
          ? null
          : (await onBehalf(() => store().exportCheckpoint({ stage: run.stage, checkpoint: at }))).key;
      const from = at === null ? 'its start' : `${weights === null ? '' : 'the weights of '}step ${at.step}`;
      note('amend', by, ` (goes on from ${from} as another stage)`);
      finish({
        state: 'superseded',
        set: { ...run.set, ...by.set },
        continues: weights === null ? continuation(at, by.from) : null,
        weights,
        reason: because(by),
      });
    });
  };
  const continuation = (at: CheckpointAt | null, from: number | undefined): CheckpointOf | null => {
    if (at !== null) return { key: at.key, step: at.step };
    return from === 0 ? null : (run.stage.continues ?? null);
  };
  const judgeAmend = (input: Amend): void => {
    allowed('amend');
    const { name } = run.stage;
    if (input.stage !== undefined && input.stage !== name)
      throw refuse(`this is stage ${name}; amend "${input.stage}" at its curriculum`);
    const amended = orRefuse(() => amendStage(run.stage, input.set));
    const other = isOtherStage(run.stage, amended);
    if (input.from === undefined && !input.weights_only && Object.keys(input.set).length === 0)
      throw refuse('nothing to amend: set names no setting, and neither from nor weights_only is given');
    if (input.from === 0 && !other && run.stage.continues === undefined)
      throw refuse('from 0 with the settings that it has is the same stage; change a setting, or name a checkpoint');
    const breakers = positionBreakers(input.set);
    if (other && breakers.length > 0 && !input.weights_only && input.from !== 0)
      throw refuse(
        `${breakers.join(', ')} leaves no data position to go on from: add weights_only (takes the weights only), or from: 0 (begins the stage anew)`,
      );
  };
  const judgeSkip = (step: number | undefined): void => {
    allowed('skip');
    if (step === 0 && run.stage.parent === null)
      throw refuse('skip to step 0 is refused: the stage starts from scratch and has no weights to hand over');
  };
  const retry = (restart: boolean): void => run.goOn({ restart });

  const status = (): ReturnType<StageRun['status']> => run.status();
  takeUpdate(stageUpdates.pause, lock, {
    schema: pauseSchema,
    description: 'Saves, stops, and frees the device until `resume`.',
    judge: () => allowed('pause'),
    carryOut: async (by) => {
      const before = run.state;
      pausedBy = by;
      run.to('pausing');
      scope?.cancel();
      // What trains takes its time to save; the caller sees `pausing` at once.
      if (before === 'running') return;
      await halted();
      settlePause();
    },
    answer: status,
  });
  takeUpdate(stageUpdates.resume, lock, {
    schema: resumeSchema,
    description: 'Goes on from the newest checkpoint, as soon as a device is free.',
    judge: () => allowed('resume'),
    carryOut: async (by) => {
      await halted();
      settlePause();
      pausedBy = null;
      note('resume', by);
      run.to('queued');
    },
    answer: status,
  });
  takeUpdate(stageUpdates.retry, lock, {
    schema: retrySchema,
    description: 'Answers a question: go on, with other execution settings where `set` names them.',
    judge: (input) => {
      allowed('retry');
      orRefuse(() => amendStage(run.stage, input.set, 'execution'));
      if (input.restart && run.question?.choices.includes('restart') !== true)
        throw refuse(`restart is not offered here; choices: ${run.question?.choices.join(', ') ?? 'none'}`);
    },
    carryOut: (input) => {
      run.change(input.set);
      note('retry', input, input.restart ? ' (from its start)' : '');
      retry(input.restart);
    },
    answer: status,
  });
  takeUpdate(stageUpdates.skip, lock, {
    schema: skipSchema,
    description: 'Ends it and hands over the weights of a checkpoint instead of its result.',
    judge: ({ step }) => judgeSkip(step),
    carryOut: (input) => skip(input, input.step),
    answer: status,
  });
  takeUpdate(stageUpdates.amend, lock, {
    schema: amendSchema,
    description:
      'Goes on with other settings: as another stage that continues this one, unless they are outside the key.',
    judge: judgeAmend,
    carryOut: amend,
    answer: status,
  });
  takeUpdate(stageUpdates.stop, lock, {
    schema: stopSchema,
    description: 'Saves and ends it without a result; what is committed stays.',
    judge: () => allowed('stop'),
    carryOut: stop,
    answer: status,
  });
  takeUpdate(answerUpdate, lock, {
    schema: answerSchema,
    description: 'Answers the question of a waiting stage by its choice.',
    judge: ({ choice }) => {
      if (run.question === null) throw refuse(`nothing was asked: the stage is ${run.state}`);
      if (!run.question.choices.includes(choice))
        throw refuse(`"${choice}" is not offered; choices: ${run.question.choices.join(', ')}`);
    },
    carryOut: (answer) => answered(answer),
    answer: status,
  });
  const answered = async (answer: Answer): Promise<void> => {
    switch (answer.choice) {
      case 'retry':
      case 'restart':
        note('retry', answer, answer.choice === 'restart' ? ' (from its start)' : '');
        return retry(answer.choice === 'restart');
      case 'skip':
        return skip(answer, undefined);
      case 'stop':
        return stop(answer);
      case 'approve':
      case 'reject':
        throw refuse('a stage has no gate');
      default:
        return assertNever(answer.choice);
    }
  };

  return {
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
    free: () => pausedBy === null && !lock.busy(),
  };
}

function whatThereIs({ stage }: StageRun, steps: readonly number[]): string {
  const start = stage.parent === null ? '' : '; 0 means the weights that it started from';
  return `checkpoints there are: ${steps.join(', ') || 'none'}${start}`;
}

function whereStopped({ stopped }: StageRun): string {
  if (stopped === null) return '';
  if (stopped === 'silent') return ' (its host did not answer: what runs there stops by itself)';
  const { step, manifest } = stopped;
  const safe = manifest?.step ?? 0;
  if (step === null) return ` (goes on from step ${safe})`;
  const again = step - safe;
  return ` at step ${step} (${again} ${again === 1 ? 'step' : 'steps'} to be done again)`;
}
