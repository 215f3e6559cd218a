/** Driving one stage or curriculum through its updates, beside others on the same workers: what the tests of control share. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { CurriculumUpdate, StageUpdate } from '../../core/control.js';
import { controlQueue, curriculumId, stageId } from '../../core/ids.js';
import type { Plan, PlannedStage } from '../../core/plan.js';
import type { CurriculumStatus, StageState, StageStatus } from '../../core/states.js';
import { curriculumStatusQuery, stageStatusQuery } from '../../workflows/messages.js';
import type { curriculumWorkflow } from '../../workflows/curriculum.js';
import type { stageWorkflow } from '../../workflows/stage.js';
import type { Bench } from './harness.js';

const FAILED_PRECONDITION = 9;

export type StageHandle = WorkflowHandle<typeof stageWorkflow>;
export type CurriculumHandle = WorkflowHandle<typeof curriculumWorkflow>;

export function startStage(bench: Bench, stage: PlannedStage): Promise<StageHandle> {
  return bench.client.workflow.start('stageWorkflow', {
    workflowId: stageId(stage.key),
    taskQueue: controlQueue(bench.prefix),
    args: [{ stage, queuePrefix: bench.prefix }],
  });
}

export function startCurriculum(bench: Bench, plan: Plan): Promise<CurriculumHandle> {
  return bench.client.workflow.start('curriculumWorkflow', {
    workflowId: curriculumId(plan.recipe, plan.hash),
    taskQueue: controlQueue(bench.prefix),
    args: [{ plan, queuePrefix: bench.prefix }],
  });
}

export function key(): string {
  return `${randomUUID()}${randomUUID()}`.replaceAll('-', '');
}

export async function until<T>(ask: () => Promise<T | null | false | undefined>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== null && found !== false && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function stageIs(handle: StageHandle, state: StageState): Promise<StageStatus> {
  return until(async () => {
    const status = await handle.query(stageStatusQuery);
    return status.state === state && (await isSettled(handle)) && status;
  });
}

export function curriculumIs(
  handle: CurriculumHandle,
  holds: (status: CurriculumStatus) => boolean,
): Promise<CurriculumStatus> {
  return until(async () => {
    const status = await handle.query(curriculumStatusQuery);
    return holds(status) && (await isSettled(handle)) && status;
  });
}

/** A query may see what the run itself has still to be told: an update would meet it before. */
async function isSettled(handle: StageHandle | CurriculumHandle): Promise<boolean> {
  const { raw } = await handle.describe();
  return raw.pendingWorkflowTask === null || raw.pendingWorkflowTask === undefined;
}

/** What an update's caller gets: the answer, or the words of the refusal. */
export type Said<Answer> = { readonly answer: Answer } | { readonly refused: string } | 'closed';

/**
 * @param accepted told once the update is in the history and before it is carried out; never told when it is refused at once
 */
export function tellStage(
  handle: StageHandle,
  update: StageUpdate,
  input: Record<string, unknown>,
  accepted?: () => void,
): Promise<Said<StageStatus>> {
  return tell<StageStatus>(handle, update, input, accepted);
}

export function tellCurriculum(
  handle: CurriculumHandle,
  update: CurriculumUpdate,
  input: Record<string, unknown>,
  accepted?: () => void,
): Promise<Said<CurriculumStatus>> {
  return tell<CurriculumStatus>(handle, update, input, accepted);
}

async function tell<Answer>(
  handle: StageHandle | CurriculumHandle,
  update: string,
  input: Record<string, unknown>,
  accepted: () => void = () => undefined,
): Promise<Said<Answer>> {
  const updateId = randomUUID();
  for (;;) {
    try {
      const options = { args: [input] as [unknown], waitForStage: 'ACCEPTED', updateId } as const;
      const sent = await handle.startUpdate<Answer, [unknown]>(update, options);
      accepted();
      return { answer: await sent.result() };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'closed';
      if (error instanceof WorkflowUpdateFailedError) return { refused: error.cause?.message ?? error.message };
      // A workflow task that ran out of time on a busy machine: the server asks us to ask again.
      const cause = error instanceof ServiceError ? error.cause : error;
      if (!(isGrpcServiceError(cause) && Number(cause.code) === FAILED_PRECONDITION)) throw error;
    }
  }
}

/** A promise that a test fulfils. */
export function later(): { readonly promise: Promise<void>; readonly now: () => void } {
  let now = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    now = resolve;
  });
  return { promise, now: () => now() };
}

interface Scheduled {
  readonly activity: string;
  readonly limitSeconds: number;
  readonly input: unknown;
}
/** What a run has asked for so far. */
export async function historyOf(handle: StageHandle | CurriculumHandle): Promise<{
  readonly scheduled: readonly Scheduled[];
  readonly cancelRequests: number;
}> {
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events.flatMap(({ activityTaskScheduledEventAttributes: found }) => {
    const data = found?.input?.payloads?.[0]?.data;
    return found === undefined || found === null
      ? []
      : [
          {
            activity: found.activityType?.name ?? '',
            limitSeconds: Number(found.scheduleToCloseTimeout?.seconds ?? 0),
            input: data === undefined || data === null ? null : (JSON.parse(Buffer.from(data).toString()) as unknown),
          },
        ];
  });
  const cancels = events.filter((event) => (event.activityTaskCancelRequestedEventAttributes ?? null) !== null);
  return { scheduled, cancelRequests: cancels.length };
}
