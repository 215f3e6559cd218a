/** Follows a run that is at work: what `run` and `watch` share, with their last line and exit code. */
import type { Client } from '@temporalio/client';
import { EXIT, type ExitCode } from './exit.js';
import { watchInterrupt } from './interrupt.js';
import { isLive, requireDone, say, watchLoudly } from './watch-loudly.js';

/** @throws CommandError for every end but `done` */
export async function follow(client: Client, workflowId: string, recipe: string, store: string): Promise<ExitCode> {
  const interrupt = watchInterrupt(() => undefined);
  try {
    const end = await watchLoudly(client, workflowId, store, {
      signal: interrupt.signal,
      // On a terminal the question stays in view until somebody has answered it.
      onWaiting: () => Promise.resolve(isLive()),
    });
    if (end.kind === 'interrupted') {
      say(
        `not watching any more; the run goes on. Come back to it: stagewright watch ${recipe}   End it: stagewright cancel ${recipe}`,
      );
      return EXIT.interrupted;
    }
    requireDone(end, recipe);
    process.stdout.write(`${workflowId} done\n`);
    return EXIT.done;
  } finally {
    interrupt.dispose();
  }
}
