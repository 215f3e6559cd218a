/** What a watcher sees of a curriculum at one moment, asked from the server. Hints for people; the store holds the truth. */
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { isOpen } from '../core/control.js';
import { dataStatusSchema, type DataStatus } from '../core/data/work.js';
import { dataId, stageId } from '../core/ids.js';
import { trainingProgressSchema, type TrainingProgress } from '../core/launch.js';
import { curriculumStatusSchema, stageStatusSchema, type CurriculumStatus, type StageStatus } from '../core/states.js';
import { curriculumStatusQuery, dataStatusQuery, stageStatusQuery } from '../workflows/messages.js';
import { otherVersion, parseAnswer } from './answers.js';
import { call, isUnanswered } from './connection.js';

/** Of a stage that is at work. */
export interface Live {
  readonly progress: TrainingProgress | null;
  /** The activity that is under way or waits for its next try, and why the last try ended. */
  readonly activity: string | null;
  readonly attempt: number;
  readonly trouble: string | null;
  /** The data set that is being made for it, or the one that this one waits for. */
  readonly data?: DataStatus;
}
export interface Snapshot {
  readonly status: CurriculumStatus;
  /** By stage key. */
  readonly live: ReadonlyMap<string, Live>;
}

/** @throws what the server answers; `isUnanswered` tells an outage from a refusal. */
export async function takeSnapshot(client: Client, workflowId: string, runId?: string): Promise<Snapshot> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const status = parseAnswer(
    curriculumStatusSchema,
    await ask(client, () => handle.query(curriculumStatusQuery)),
    'status',
  );
  const live = new Map<string, Live>();
  const stages: StageStatus[] = [];
  for (const stage of status.stages) {
    if (!isAtWork(stage)) {
      stages.push(stage);
      continue;
    }
    // The curriculum knows only that its stage is at work, and what was last passed on to it; the stage knows the rest. Between two workflows it may not exist yet.
    const own = (await orUndefined(askStage(client, stage.key))) ?? stage;
    stages.push(own.state === 'queued' ? { ...own, state: 'running' } : own);
    const at = await orUndefined(readLive(client, stage.key));
    if (at !== undefined) live.set(stage.key, at);
  }
  const waiting = status.state === 'running' && stages.some((stage) => stage.state === 'waiting');
  return { status: { ...status, stages, state: waiting ? 'waiting' : status.state }, live };
}

/** Whether its own workflow knows better: what the curriculum last heard of it may be of before a pause. */
function isAtWork({ state, attempts, last_control: control }: StageStatus): boolean {
  return isOpen(state) && (state !== 'queued' || attempts > 0 || control !== null);
}

async function askStage(client: Client, key: string): Promise<StageStatus> {
  const answer = await ask(client, () => client.workflow.getHandle(stageId(key)).query(stageStatusQuery));
  return parseAnswer(stageStatusSchema, answer, 'status');
}

async function ask<T>(client: Client, query: () => Promise<T>): Promise<T> {
  try {
    return await call(client, query);
  } catch (error) {
    throw otherVersion(error);
  }
}

async function readLive(client: Client, key: string): Promise<Live> {
  const { raw } = await call(client, () => client.workflow.getHandle(stageId(key)).describe());
  const data = await readData(client, raw);
  const pending = raw.pendingActivities ?? [];
  const activity = pending.find((p) => p.activityType?.name === 'train') ?? pending[0];
  const payload = activity?.heartbeatDetails?.payloads?.[0];
  const parsed =
    payload === undefined ? undefined : trainingProgressSchema.safeParse(defaultPayloadConverter.fromPayload(payload));
  return {
    progress: parsed?.success === true ? parsed.data : null,
    activity: activity?.activityType?.name ?? null,
    attempt: activity?.attempt ?? 0,
    trouble: activity?.lastFailure?.message ?? null,
    ...(data === undefined ? {} : { data }),
  };
}

type Described = Awaited<ReturnType<WorkflowHandle['describe']>>['raw'];

/** A set waits for the one that it is made of, a child of its own: the last of them is at work. */
async function readData(client: Client, { pendingChildren }: Described): Promise<DataStatus | undefined> {
  const child = pendingChildren?.find(({ workflowId }) => workflowId?.startsWith(dataId('')) === true)?.workflowId;
  if (typeof child !== 'string') return undefined;
  const handle = client.workflow.getHandle(child);
  const { raw } = await call(client, () => handle.describe());
  const below = await readData(client, raw);
  return below ?? parseAnswer(dataStatusSchema, await ask(client, () => handle.query(dataStatusQuery)), 'status');
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isUnanswered(error)) return undefined;
    throw error;
  }
}
