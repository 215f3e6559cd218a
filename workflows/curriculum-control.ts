/**
 * Updates of a running curriculum: judged by core/control.ts, those of its own stage under way passed on to it, the others carried
 * out here. A later stage is amended by planning again; nothing that trains is disturbed.
 */
import { patched, setHandler } from '@temporalio/workflow';
import { amendStage } from '../core/amend.js';
import {
  amendSchema,
  approveSchema,
  describeControl,
  isOpen,
  judgeCurriculum,
  pauseSchema,
  rejectSchema,
  resumeSchema,
  retrySchema,
  skipSchema,
  stopSchema,
  type Amend,
  type By,
  type CurriculumUpdate,
  type StageUpdate,
} from '../core/control.js';
import { gateTrouble } from '../core/gate-checks.js';
import { stageId } from '../core/ids.js';
import { hint } from '../core/nearest-name.js';
import type { PlannedStage } from '../core/plan.js';
import type { StageStatus } from '../core/states.js';
import type { CurriculumRun } from './curriculum-run.js';
import { curriculumPlanQuery, curriculumStatusQuery, curriculumUpdates } from './messages.js';
import { controlActivities, UPDATE_LIMIT } from './proxies.js';
import { onBehalf, orRefuse, refuse, takeUpdate, updateId } from './updates.js';

/** Registers the handlers: call once, before the first await. */
export function createCurriculumControl(run: CurriculumRun): void {
  const { lock, placement } = run;
  const answer = (): ReturnType<CurriculumRun['status']> => run.status();
  setHandler(curriculumStatusQuery, answer, { description: 'Where the curriculum and its stages stand.' });
  setHandler(curriculumPlanQuery, () => run.plan, { description: 'The plan as it is now, amendments included.' });

  const allowed = (update: CurriculumUpdate): void => {
    const judged = judgeCurriculum(run.place, update);
    if (!judged.accepted) throw refuse(judged.message);
  };
  const note = (update: CurriculumUpdate, by: By, more = ''): void => run.note(`${describeControl(update, by)}${more}`);

  /** What the stage refuses is refused here in its words. */
  const passOn = async (update: StageUpdate, input: By & Readonly<Record<string, unknown>>): Promise<void> => {
    const stage = run.current();
    if (stage === null) throw refuse('no stage is under way any more');
    const control = controlActivities(placement, `${update} ${stage.name}`);
    const workflowId = stageId(stage.key);
    const id = updateId();
    const { childRunId } = run;
    const its = childRunId === null ? {} : { firstExecutionRunId: childRunId };
    const ask = (): Promise<StageStatus> =>
      onBehalf(() => control.updateStage({ workflowId, ...its, update, input, id }));
    // The stage takes other updates while it exports a named checkpoint; so does this.
    const beside = update === 'skip' && Number(input['step'] ?? 0) > 0 && patched('export-beside');
    const said = await (beside ? lock.aside(ask) : ask());
    // Its end may have been told before its answer.
    const row = run.status().stages.find(({ key }) => key === stage.key);
    // It does not tell when it has a device again: at work, as when it began.
    const state = said.state === 'queued' ? 'running' : said.state;
    if (row !== undefined && isOpen(row.state)) run.markStage(stage.key, { ...said, state });
    note(update, input, ` (stage ${stage.name})`);
  };
  const here = { pause: () => run.hold(), resume: () => run.release(), stop: () => run.stop() } as const;
  const carryOut = async (update: 'pause' | 'resume' | 'stop', by: By): Promise<void> => {
    if (run.place === 'stage') await passOn(update, by);
    else {
      note(update, by);
      here[update]();
    }
    if (update === 'stop') await run.ended();
  };

  /** The later stage that is meant; null = the one under way. */
  const later = ({ stage: name }: Amend): PlannedStage | null => {
    if (name === undefined || name === run.current()?.name) return null;
    const { stages } = run.plan;
    const at = stages.findIndex((stage) => stage.name === name);
    const found = stages[at];
    if (found === undefined)
      throw refuse(
        `no stage "${name}" in the plan; ${hint(
          name,
          stages.map((stage) => stage.name),
        )}`,
      );
    if (at < run.begun)
      throw refuse(`amend is refused: stage ${name} has begun already; a new run of the recipe trains it anew`);
    return found;
  };
  /** A gate that nothing can measure would be found out after the training only. */
  const judgeGates = (stage: PlannedStage | null, { set }: Amend): void => {
    const { gates } = set;
    if (stage === null || gates === undefined) return;
    const why = gateTrouble(
      run.plan,
      orRefuse(() => amendStage(stage, { gates })),
    );
    if (why !== null) throw refuse(why);
  };
  const judgeAmend = (input: Amend): void => {
    const stage = later(input);
    if (stage === null) allowed('amend');
    judgeGates(stage ?? run.current(), input);
    if (stage === null) return;
    if (input.from !== undefined || input.weights_only)
      throw refuse(`stage ${stage.name} has not begun: it has no checkpoint that from or weights_only could mean`);
    if (Object.keys(input.set).length === 0) throw refuse('nothing to amend: set names no setting');
    orRefuse(() => amendStage(stage, input.set));
  };
  const amend = async (input: Amend): Promise<void> => {
    const stage = later(input);
    if (stage === null) {
      const { stage: _, ...rest } = input;
      return passOn('amend', rest);
    }
    const { key, continues = null } = stage;
    const change = { kind: 'amend' as const, stage: key, set: input.set, continues, weights: null };
    const control = controlActivities(placement, `amend ${stage.name}: keys of what follows`, UPDATE_LIMIT);
    run.replan(await onBehalf(() => control.planAgain({ plan: run.plan, change })));
    note('amend', input, ` (stage ${stage.name}: ${Object.keys(input.set).join(', ')})`);
  };
  const decide = async (update: 'approve' | 'reject', by: By): Promise<void> => {
    note(update, by);
    run.decide({ approved: update === 'approve', by });
    if (update === 'reject') await run.ended();
  };

  const simple = (update: 'pause' | 'resume' | 'stop', schema: typeof pauseSchema, description: string): void =>
    takeUpdate(curriculumUpdates[update], lock, {
      schema,
      description,
      judge: (_, when) => {
        // Runs of before accepted such a pause: in their histories it is carried out.
        const old = update === 'pause' && run.place === 'last' && when === 'in its turn' && !patched('nothing-to-hold');
        if (!old) allowed(update);
      },
      carryOut: (by) => carryOut(update, by),
      answer,
    });
  simple('pause', pauseSchema, 'Pauses the stage under way and frees its device, or holds before the next one.');
  simple('resume', resumeSchema, 'Goes on from where it was paused.');
  simple('stop', stopSchema, 'Saves and ends the curriculum; what is committed stays.');
  takeUpdate(curriculumUpdates.retry, lock, {
    schema: retrySchema,
    description:
      'Answers the question of the stage under way: go on, with other execution settings where `set` names them.',
    judge: () => allowed('retry'),
    carryOut: (input) => passOn('retry', input),
    answer,
  });
  takeUpdate(curriculumUpdates.skip, lock, {
    schema: skipSchema,
    description: 'Ends the stage under way and hands over the weights of a checkpoint; the curriculum goes on.',
    judge: () => allowed('skip'),
    carryOut: (input) => passOn('skip', input),
    answer,
  });
  takeUpdate(curriculumUpdates.amend, lock, {
    schema: amendSchema,
    description: 'Changes settings of the stage under way, or of a later one that `stage` names.',
    judge: judgeAmend,
    carryOut: amend,
    answer,
  });
  const gateUpdate = (update: 'approve' | 'reject', schema: typeof approveSchema, description: string): void =>
    takeUpdate(curriculumUpdates[update], lock, {
      schema,
      description,
      judge: () => allowed(update),
      carryOut: (by) => decide(update, by),
      answer,
    });
  gateUpdate('approve', approveSchema, 'Goes on past the gate that waits.');
  gateUpdate('reject', rejectSchema, 'Ends the curriculum at the gate that waits.');
}
