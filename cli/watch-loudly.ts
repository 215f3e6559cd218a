/** Watches with progress on standard error: a live view on a terminal, else lines. */
import type { Client } from '@temporalio/client';
import { openCurves } from '../client/curves.js';
import { watchCurriculum, type WatchEnd, type WatchOptions } from '../client/watch.js';
import { CommandError, EXIT } from './exit.js';
import { ProgressLines } from './progress-lines.js';
import { questionsOf } from './progress-text.js';
import type { Screen } from './watch/screen.js';

let drawn: Screen | undefined;

/** A line on standard error; above the live view while it is drawn. */
export const say = (text: string): void => {
  if (drawn === undefined) process.stderr.write(`${text}\n`);
  else drawn.log(text);
};

/** Whether somebody looks: then a run that asks is watched on until it is answered. */
export function isLive(): boolean {
  return process.stderr.isTTY;
}

/** @param store where curves are read from, if it can be read here */
export async function watchLoudly(
  client: Client,
  workflowId: string,
  store: string,
  options: WatchOptions,
): Promise<WatchEnd> {
  if (!isLive()) return watchCurriculum(client, workflowId, new ProgressLines(say), options);
  const { Screen: LiveScreen } = await import('./watch/screen.js');
  const screen = new LiveScreen(await openCurves(store));
  drawn = screen;
  try {
    return await watchCurriculum(client, workflowId, screen, options);
  } finally {
    drawn = undefined;
    screen.stop();
  }
}

/** @throws CommandError unless it is done. */
export function requireDone(end: WatchEnd, recipe: string): void {
  switch (end.kind) {
    case 'done':
      return;
    case 'waiting':
      throw new CommandError(questionsOf(end.status).join('\n'), EXIT.waiting);
    case 'stopped': {
      const { stages, last_control: control, gates } = end.status;
      const stage = stages.find((s) => s.state === 'stopped');
      const gate = gates.find(({ state }) => state === 'rejected' || state === 'stopped');
      const why = control ?? stage?.last_control ?? stage?.last_failure ?? gate?.detail ?? '';
      throw new CommandError(`recipe ${recipe} was stopped${why === '' ? '' : `: ${why}`}`);
    }
    case 'failed':
      throw new CommandError(`recipe ${recipe} failed (${end.type}): ${end.message}`);
    case 'cancelled':
      throw new CommandError(`recipe ${recipe} was ${end.message}`);
    case 'interrupted':
      throw new CommandError('interrupted', EXIT.interrupted);
  }
}
