/**
 * Other settings for a running stage. Outside its key they change how it goes on; inside, it ends as superseded and whoever started
 * it plans the stage that continues it. Keys are not made here.
 */
import type { CheckpointAt } from '../activities/contracts.js';
import { amendStage, isOtherStage, positionBreakers } from '../core/amend.js';
import type { Amend } from '../core/control.js';
import type { CheckpointOf, PlannedStage } from '../core/plan.js';
import { createFinder } from './stage-finder.js';
import type { StageHold } from './stage-hold.js';
import type { StageRun } from './stage-run.js';
import { because } from './stage-skip.js';
import { orRefuse, refuse } from './updates.js';

export function judgeAmend({ stage }: StageRun, input: Amend): void {
  if (input.stage !== undefined && input.stage !== stage.name)
    throw refuse(`this is stage ${stage.name}; amend "${input.stage}" at its curriculum`);
  const other = isOtherStage(
    stage,
    orRefuse(() => amendStage(stage, input.set)),
  );
  if (input.from === undefined && !input.weights_only && Object.keys(input.set).length === 0)
    throw refuse('nothing to amend: set names no setting, and neither from nor weights_only is given');
  if (input.from === 0 && !other && stage.continues === undefined)
    throw refuse('from 0 with the settings that it has is the same stage; change a setting, or name a checkpoint');
  const breakers = positionBreakers(input.set);
  if (other && breakers.length > 0 && !input.weights_only && input.from !== 0)
    throw refuse(
      `with another ${breakers.join(', ')} there is no data position to go on from: ` +
        'add weights_only (takes the weights only), or from: 0 (begins the stage anew)',
    );
}

export async function amendRunning(run: StageRun, hold: StageHold, by: Amend): Promise<void> {
  const amended = amendStage(run.stage, by.set);
  if (by.from === undefined && !by.weights_only && !isOtherStage(run.stage, amended)) return keep(run, hold, by);
  const finder = createFinder(run);
  // Kept before anything is stopped: what stops saves once more, and retention would take an older checkpoint.
  const holder = by.weights_only ? 'hand_over' : by.set;
  const taken = async (at: CheckpointAt | null): Promise<Source> => {
    if (at === null) return { at, weights: null };
    const weights = by.weights_only ? (await finder.exported(at)).key : null;
    mustDiffer(run.stage, amended, at, weights);
    return { at, weights };
  };
  // What can be refused is refused before the run is disturbed.
  if (!by.weights_only) mustFit(run.stage, amended, by.from ?? (await finder.newest())?.step ?? 0);
  const named = by.from === undefined ? null : await taken(by.from === 0 ? null : await finder.named(by.from, holder));
  await hold.withoutRun(async () => {
    const { at, weights } = named ?? (await taken(await finder.newest(holder)));
    if (!by.weights_only) mustFit(run.stage, amended, at?.step ?? 0);
    if (at === null && run.stage.continues === undefined && !isOtherStage(run.stage, amended))
      throw refuse('the stage has no whole checkpoint yet: with the settings that it has there is nothing to change');
    const from = at === null ? 'its start' : `${weights === null ? '' : 'the weights of '}step ${at.step}`;
    hold.note('amend', by, ` (another stage goes on from ${from})`);
    hold.finish({
      state: 'superseded',
      set: { ...run.set, ...by.set },
      continues: weights === null ? continuation(run.stage, by, at) : null,
      weights,
      reason: because(by),
    });
  });
}

/** What an amended stage begins with. */
interface Source {
  readonly at: CheckpointAt | null;
  /** Key of the exported weights, where nothing else of the checkpoint is taken. */
  readonly weights: string | null;
}

/** The same settings from the same checkpoint are the same stage, which has checkpoints of its own. */
function mustDiffer(stage: PlannedStage, amended: PlannedStage, at: CheckpointAt, weights: string | null): void {
  const { continues, parent, name } = stage;
  const begins =
    weights === null
      ? continues?.key === at.key && continues.step === at.step
      : weights === parent && continues === undefined;
  if (begins && !isOtherStage(stage, amended))
    throw refuse(
      `stage ${name} began at step ${at.step} with the settings that it has: change a setting, or name another checkpoint`,
    );
}

/** The stage stays what it is. */
async function keep(run: StageRun, hold: StageHold, by: Amend): Promise<void> {
  const change = (): void => {
    run.change(by.set);
    hold.note('amend', by, ` (${Object.keys(by.set).join(', ')})`);
    if (run.state === 'waiting') run.goOn({ restart: false });
  };
  // Gates are asked after the stage: no reason to disturb it.
  if (Object.keys(by.set).every((path) => path === 'gates')) change();
  else await hold.withoutRun(change);
}

/** @param step that it would go on from; 0 = its start */
function mustFit(stage: PlannedStage, amended: PlannedStage, step: number): void {
  const { steps } = amended.objective.training;
  if (steps <= step)
    throw refuse(
      `training.steps ${steps} is not above step ${step}, from which stage ${stage.name} would go on; name an earlier checkpoint in from`,
    );
}

function continuation(stage: PlannedStage, { from }: Amend, at: CheckpointAt | null): CheckpointOf | null {
  if (at !== null) return { key: at.key, step: at.step };
  return from === 0 ? null : (stage.continues ?? null);
}
