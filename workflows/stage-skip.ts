/** Ends of a stage by a person, without a result of its own: stopped, or skipped with a checkpoint's weights handed over. */
import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type { CheckpointAt } from '../activities/contracts.js';
import { isOpen, type By } from '../core/control.js';
import type { StageHold } from './stage-hold.js';
import { createFinder } from './stage-finder.js';
import type { StageRun } from './stage-run.js';
import { refuse } from './updates.js';

export function judgeSkip({ stage }: StageRun, step: number | undefined): void {
  if (step === 0 && stage.parent === null)
    throw refuse('skip to step 0 is refused: the stage starts from scratch and has no weights to hand over');
}

export async function stopStage(run: StageRun, hold: StageHold, by: By): Promise<void> {
  const reason = `${by.actor}: ${by.reason || run.question?.reason || 'stopped'}`;
  await hold.withoutRun(() => {
    hold.note('stop', by);
    hold.finish({ state: 'stopped', reason });
  });
}

/** @param step undefined = the newest checkpoint, once it has stopped; 0 = the weights that it started from */
export async function skipStage(run: StageRun, hold: StageHold, by: By, step: number | undefined): Promise<void> {
  const finder = createFinder(run);
  const { parent } = run.stage;
  const end = (result: Awaited<ReturnType<typeof finder.exported>>, at: number): void => {
    hold.note('skip', by, at === 0 ? ' (weights that it started from)' : ` (weights of step ${at})`);
    hold.finish({ state: 'skipped', result, step: at, reason: because(by), set: run.set });
  };
  const handOver = async (checkpoint: CheckpointAt): Promise<() => void> => {
    const result = await finder.exported(checkpoint);
    return () => end(result, checkpoint.step);
  };
  if (step === undefined) {
    await hold.withoutRun(async () => {
      const checkpoint = await finder.newest('hand_over');
      if (checkpoint === null) throw refuse(`the stage has no whole checkpoint yet; ${finder.words([])}`);
      (await handOver(checkpoint))();
    });
  } else if (step > 0) {
    // A named checkpoint is exported while the stage trains on: nothing is lost if it cannot be.
    const checkpoint = await finder.named(step, 'hand_over');
    await hold.withoutRun(await beside(run, () => handOver(checkpoint)));
  } else {
    if (parent === null) throw refuse('the stage starts from scratch and has no weights to hand over');
    const result = await finder.takenOver(parent);
    await hold.withoutRun(() => end(result, 0));
  }
}

/** Weights may take hours to be written: other updates go on meanwhile, and the end of the stage ends the writing. */
async function beside<T>(run: StageRun, work: () => Promise<T>): Promise<T> {
  if (!patched('export-beside')) return work();
  return run.lock.aside(async () => {
    const scope = new CancellationScope();
    let settled = false;
    const working = scope.run(work).finally(() => (settled = true));
    // Its failure is awaited below.
    working.catch(() => undefined);
    await condition(() => settled || !isOpen(run.state));
    if (!settled) scope.cancel();
    try {
      return await working;
    } catch (error) {
      if (!scope.consideredCancelled || CancellationScope.current().consideredCancelled) throw error;
      throw refuse(`the stage ended meanwhile: it is ${run.state}`);
    }
  });
}

export function because({ actor, reason }: By): string {
  return reason === '' ? actor : `${actor}: ${reason}`;
}
