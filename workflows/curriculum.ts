/**
 * One run of a recipe: its stages in order, each a child (or joined, or found in the store), and evaluations between them.
 * Its id is the recipe's name and the plan's hash.
 */
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import { evaluationId, stageId } from '../core/ids.js';
import { planSchema, type PlannedEvaluation, type PlannedStage } from '../core/plan.js';
import type { CurriculumStatus, StageState } from '../core/states.js';
import { evaluationWorkflow } from './evaluation.js';
import { joinOrStart } from './join.js';
import { curriculumStatusQuery, type CurriculumEnd, type CurriculumInput } from './messages.js';
import { persist, waitOut } from './persist.js';
import { controlActivities, storeActivities } from './proxies.js';
import { stageWorkflow } from './stage.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export async function curriculumWorkflow(input: CurriculumInput): Promise<CurriculumEnd> {
  const parsed = planSchema.safeParse(input.plan);
  if (!parsed.success) throw ApplicationFailure.nonRetryable(`not a plan: ${parsed.error.message}`, 'RecipeInvalid');
  const plan = parsed.data;
  const { queuePrefix } = input;
  const control = controlActivities(queuePrefix);
  const store = storeActivities(queuePrefix);

  const status: Mutable<CurriculumStatus> = {
    recipe: plan.recipe,
    plan_hash: plan.hash,
    state: 'running',
    stages: plan.stages.map((stage) => ({
      name: stage.name,
      key: stage.key,
      state: 'queued',
      reused: false,
      attempts: 0,
      host: null,
      epoch: null,
      step: null,
      planned_steps: stage.objective.training.steps,
      question: null,
      last_failure: null,
      last_control: null,
    })),
    evaluations: plan.evaluations.map(({ stage, data, key }) => ({ stage, data: data.name, key, state: 'queued' })),
    gates: [],
    question: null,
    last_control: null,
  };
  setHandler(curriculumStatusQuery, () => status);

  const mark = (stage: PlannedStage, change: Partial<CurriculumStatus['stages'][number]>): void => {
    status.stages = status.stages.map((s) => (s.name === stage.name ? { ...s, ...change } : s));
  };

  const runStage = async (stage: PlannedStage): Promise<StageState> => {
    mark(stage, { state: 'running' });
    const joined = await joinOrStart({
      workflowId: stageId(stage.key),
      start: () =>
        startChild(stageWorkflow, {
          workflowId: stageId(stage.key),
          args: [{ stage, queuePrefix }],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        }),
      control,
      find: () => persist(() => store.findResult(stage.key), waitOut()),
      onJoin: () => mark(stage, { reused: true }),
    });
    const end = joined.kind === 'found' ? { state: 'done' as const, result: joined.value, attempts: 0 } : joined.end;
    if (end.state !== 'done') {
      mark(stage, { state: 'stopped', last_failure: end.reason });
      return 'stopped';
    }
    mark(stage, {
      state: 'done',
      reused: joined.kind === 'found',
      attempts: end.attempts,
      epoch: end.result.epoch,
      step: end.result.step,
    });
    return 'done';
  };

  const evaluate = async (evaluation: PlannedEvaluation): Promise<void> => {
    const set = (state: CurriculumStatus['evaluations'][number]['state']): void => {
      status.evaluations = status.evaluations.map((e) => (e.key === evaluation.key ? { ...e, state } : e));
    };
    set('running');
    await joinOrStart({
      workflowId: evaluationId(evaluation.key),
      start: () =>
        startChild(evaluationWorkflow, {
          workflowId: evaluationId(evaluation.key),
          args: [{ evaluation, queuePrefix }],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        }),
      control,
      find: () => persist(async () => ((await store.planShards(evaluation)).done ? evaluation.key : null), waitOut()),
      onJoin: () => undefined,
    });
    set('done');
  };

  try {
    for (const stage of plan.stages) {
      if ((await runStage(stage)) === 'stopped') {
        status.state = 'stopped';
        return { state: 'stopped', status };
      }
      for (const evaluation of plan.evaluations.filter((e) => e.stage === stage.name)) await evaluate(evaluation);
    }
    status.state = 'done';
    return { state: 'done', status };
  } catch (error) {
    status.state = isCancellation(error) ? 'cancelled' : 'failed';
    if (isCancellation(error)) throw error;
    throw explain(error);
  }
}

/** The child's own failure type and words, not "Child Workflow execution failed". */
function explain(error: unknown): unknown {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure)
    return ApplicationFailure.create({
      message: cause.message,
      type: cause.type ?? 'Internal',
      nonRetryable: true,
    });
  return error;
}
