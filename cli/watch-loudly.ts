/** Watches with progress on standard error: bars on a terminal, else lines. */
import type { Client } from '@temporalio/client';
import { ProgressBars } from './progress-bars.js';
import { ProgressLines } from './progress-lines.js';
import { questionText } from './progress-text.js';
import { CommandError, EXIT } from './exit.js';
import { watchCurriculum, type WatchEnd, type WatchOptions } from '../client/watch.js';

let drawn: ProgressBars | undefined;

/** A line on standard error; above the bars while they are drawn. */
export const say = (text: string): void => {
  if (drawn === undefined) process.stderr.write(`${text}\n`);
  else drawn.log(text);
};

export async function watchLoudly(client: Client, workflowId: string, options: WatchOptions): Promise<WatchEnd> {
  if (!process.stderr.isTTY) return watchCurriculum(client, workflowId, new ProgressLines(say), options);
  const bars = new ProgressBars();
  drawn = bars;
  try {
    return await watchCurriculum(client, workflowId, bars, options);
  } finally {
    drawn = undefined;
    bars.stop();
  }
}

/** @throws CommandError unless it is done. */
export function requireDone(end: WatchEnd, recipe: string): void {
  switch (end.kind) {
    case 'done':
      return;
    case 'waiting':
      throw new CommandError(
        end.status.stages
          .filter((stage) => stage.state === 'waiting')
          .map(questionText)
          .join('\n'),
        EXIT.waiting,
      );
    case 'stopped':
      throw new CommandError(
        `recipe ${recipe} was stopped: ${end.status.stages.find((s) => s.state === 'stopped')?.last_failure ?? ''}`,
      );
    case 'failed':
      throw new CommandError(`recipe ${recipe} failed (${end.type}): ${end.message}`);
    case 'cancelled':
      throw new CommandError(`recipe ${recipe} was ${end.message}`);
    case 'interrupted':
      throw new CommandError('interrupted', EXIT.interrupted);
  }
}
