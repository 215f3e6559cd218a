/** Updates of a running stage: what core/control.ts allows, carried out by stage-hold.ts, stage-skip.ts and stage-amend.ts. */
import { amendStage } from '../core/amend.js';
import { assertNever } from '../core/assert-never.js';
import {
  amendSchema,
  judgeStage,
  pauseSchema,
  resumeSchema,
  retrySchema,
  skipSchema,
  stopSchema,
  type By,
  type Retry,
  type StageUpdate,
} from '../core/control.js';
import { answerSchema, type Answer } from '../core/states.js';
import { answerUpdate, stageUpdates } from './messages.js';
import { amendRunning, judgeAmend } from './stage-amend.js';
import { createStageHold, type StageHold } from './stage-hold.js';
import type { StageRun } from './stage-run.js';
import { judgeSkip, skipStage, stopStage } from './stage-skip.js';
import { orRefuse, refuse, takeUpdate } from './updates.js';

/** Registers the handlers: call once, before the first await. */
export function createStageControl(run: StageRun): StageHold {
  const { lock } = run;
  const hold = createStageHold(run);
  const answer = (): ReturnType<StageRun['status']> => run.status();
  const allowed = (update: StageUpdate): void => {
    const judged = judgeStage(run.state, update);
    if (!judged.accepted) throw refuse(judged.message);
  };

  const goOn = (by: By, { set, restart }: Pick<Retry, 'set' | 'restart'>): void => {
    run.change(set);
    hold.note('retry', by, restart ? ' (from its start)' : '');
    run.goOn({ restart });
  };
  const answered = async (given: Answer): Promise<void> => {
    switch (given.choice) {
      case 'retry':
      case 'restart':
        return goOn(given, { set: {}, restart: given.choice === 'restart' });
      case 'skip':
        return skipStage(run, hold, given, undefined);
      case 'stop':
        return stopStage(run, hold, given);
      case 'approve':
      case 'reject':
        throw refuse('a stage has no gate');
      default:
        return assertNever(given.choice);
    }
  };

  takeUpdate(stageUpdates.pause, lock, {
    schema: pauseSchema,
    description: 'Saves, stops, and frees the device until `resume`.',
    judge: () => allowed('pause'),
    carryOut: (by) => hold.pause(by),
    answer,
  });
  takeUpdate(stageUpdates.resume, lock, {
    schema: resumeSchema,
    description: 'Goes on from the newest checkpoint, as soon as a device is free.',
    judge: () => allowed('resume'),
    carryOut: (by) => hold.resume(by),
    answer,
  });
  takeUpdate(stageUpdates.retry, lock, {
    schema: retrySchema,
    description: 'Answers a question: go on, with other execution settings where `set` names them.',
    judge: ({ set, restart }) => {
      allowed('retry');
      orRefuse(() => amendStage(run.stage, set, 'execution'));
      const choices = run.question?.choices ?? [];
      if (restart && !choices.includes('restart'))
        throw refuse(`restart is not offered here; choices: ${choices.join(', ')}`);
    },
    carryOut: (input) => goOn(input, input),
    answer,
  });
  takeUpdate(stageUpdates.skip, lock, {
    schema: skipSchema,
    description: 'Ends it and hands over the weights of a checkpoint instead of its result.',
    judge: ({ step }) => {
      allowed('skip');
      judgeSkip(run, step);
    },
    carryOut: (input) => skipStage(run, hold, input, input.step),
    answer,
  });
  takeUpdate(stageUpdates.amend, lock, {
    schema: amendSchema,
    description:
      'Goes on with other settings: as another stage that continues this one, unless they are outside the key.',
    judge: (input) => {
      allowed('amend');
      judgeAmend(run, input);
    },
    carryOut: (input) => amendRunning(run, hold, input),
    answer,
  });
  takeUpdate(stageUpdates.stop, lock, {
    schema: stopSchema,
    description: 'Saves and ends it without a result; what is committed stays.',
    judge: () => allowed('stop'),
    carryOut: (by) => stopStage(run, hold, by),
    answer,
  });
  takeUpdate(answerUpdate, lock, {
    schema: answerSchema,
    description: 'Answers the question of a waiting stage by its choice.',
    judge: ({ choice }) => {
      if (run.question === null) throw refuse(`nothing was asked: the stage is ${run.state}`);
      if (!run.question.choices.includes(choice))
        throw refuse(`"${choice}" is not offered; choices: ${run.question.choices.join(', ')}`);
    },
    carryOut: answered,
    answer,
  });
  return hold;
}
