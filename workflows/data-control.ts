/** Updates of a data set in the making: the answer to its question, or its end. Cancel is Temporal's own. */
import { describeControl, retrySchema, stopSchema } from '../core/control.js';
import type { DataRun } from './data-run.js';
import { dataUpdates } from './messages.js';
import { refuse, takeUpdate } from './updates.js';

/** Registers the handlers: call once, before the first await. */
export function createDataControl(run: DataRun): void {
  const answer = (): ReturnType<DataRun['status']> => run.status();
  const isOver = (): boolean => ['done', 'stopped', 'failed', 'cancelled'].includes(run.status().state);
  takeUpdate(dataUpdates.retry, run.lock, {
    schema: retrySchema,
    description: 'Answers the question: asks what has no answer yet.',
    judge: ({ set, restart }) => {
      if (run.question === null) throw refuse(`nothing was asked: the data set is ${run.status().state}`);
      if (restart || Object.keys(set).length > 0) throw refuse('a data set takes no settings and no restart');
    },
    carryOut: (by) => run.retry(describeControl('retry', by)),
    answer,
  });
  takeUpdate(dataUpdates.stop, run.lock, {
    schema: stopSchema,
    description: 'Ends it; what was answered stays, and another start goes on from there.',
    judge: () => {
      if (isOver()) throw refuse(`the data set is ${run.status().state} already`);
    },
    carryOut: (by) => run.stop(describeControl('stop', by)),
    answer,
  });
}
